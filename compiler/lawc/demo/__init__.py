"""The main job on measurements that people published: law, network, and both linked."""
