"""What happens in the journey, one file a subject. Each scene is a function that is given the cast."""
