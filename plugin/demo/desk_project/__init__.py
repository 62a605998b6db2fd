"""A minimal Django project around django-helpdesk; ``plugin.demo.desk`` starts it."""
