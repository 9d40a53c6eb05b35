"""What people may ask for, and what is registered of them: GDPR chapter III, and the records that allow reading."""
