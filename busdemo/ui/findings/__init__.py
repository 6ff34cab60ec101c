"""The findings under the viewer: one collapsible section a subject, computed when it is opened."""
