"""What every local web page and API of ours shares: who may talk to it, how much they may send, where it listens."""
