"""What needs attention, judged by rules over the metrics."""
