"""What we are compared with, each as good as its plain way allows."""

QUEUE = "task_an_event"
TASK = "task_an_event.store"
