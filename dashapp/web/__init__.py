"""The faces: pages, API, exports."""
