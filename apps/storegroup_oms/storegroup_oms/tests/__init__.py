"""What the app's tests share: base classes (`compat`) and builders of records (`factories`)."""
