"""A Ray cluster of two machines with one core each, played on this one; lives while stdin is open.

Says its address; ``kill PID`` loses the machine whose raylet that is, and another one joins.
"""

import os
import sys

os.environ["RAY_USAGE_STATS_ENABLED"] = "0"

from ray.cluster_utils import Cluster

SMALL = {"object_store_memory": 80 * 1024 * 1024}


def main():
    head = SMALL | {"num_cpus": 0, "include_dashboard": False}
    cluster = Cluster(initialize_head=True, head_node_args=head)
    try:
        nodes = [cluster.add_node(num_cpus=1, **SMALL) for _ in range(2)]
        say(f"address {cluster.address}")
        for line in sys.stdin:
            (lost,) = (node for node in nodes if raylet_of(node) == int(line.split()[1]))
            cluster.remove_node(lost, allow_graceful=False)
            nodes.remove(lost)
            nodes.append(cluster.add_node(num_cpus=1, **SMALL))
            say("another joined")
    finally:
        cluster.shutdown()


def raylet_of(node):
    return node.all_processes["raylet"][0].process.pid


def say(text):
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
