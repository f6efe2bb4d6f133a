"""The public pages of forms: what people open on their phones, and what they leave there."""
