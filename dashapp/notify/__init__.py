"""Messages to people, by mail and to Slack. What they are about is not known here."""
