"""The same verbs over HTTP, named and documented under "Use via API": a module each."""
