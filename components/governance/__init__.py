"""The rules, enforced where objects are admitted."""
