"""What a network is worth: its gradients checked, its texts written and measured."""
