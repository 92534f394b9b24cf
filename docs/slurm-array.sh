#!/bin/bash
# The members of one experiment, shared out over the tasks of a SLURM array.
#
#   sbatch --array=1-8 slurm-array.sh experiment.toml [more options of ensemble-lab train]
#
# Each task trains every 8th member. Submitting the array again trains what is not complete;
# to submit task 3 of 8 alone: SHARDS=8 sbatch --array=3 slurm-array.sh experiment.toml
#SBATCH --job-name=ensemble-lab
#SBATCH --array=1-8
#SBATCH --cpus-per-task=4
#SBATCH --mem-per-cpu=2G
#SBATCH --time=08:00:00
#SBATCH --output=ensemble-lab-%A-%a.log
#SBATCH --open-mode=append
# Preempted tasks start again by themselves. Those that run out of time are told so two minutes
# before, and ask to start again below.
#SBATCH --requeue
#SBATCH --signal=B:USR1@120
set -euo pipefail

# Here goes what puts ensemble-lab on the path: source .venv/bin/activate

# One-thread members, one a core; fewer workers where the file says threads = 2 or more.
ensemble-lab train "$@" \
    --shard "$SLURM_ARRAY_TASK_ID/${SHARDS:-$SLURM_ARRAY_TASK_MAX}" \
    --workers "${SLURM_CPUS_PER_TASK:-1}" &
train=$!

# Training stops at the end of a block, within seconds; the same command continues it.
is_out_of_time=no
stop() { kill -TERM "$train" 2>/dev/null || true; }
trap 'is_out_of_time=yes; stop' USR1
trap stop TERM INT

# A signal ends a wait, but not what is waited for.
while true; do
    code=0
    wait "$train" || code=$?
    kill -0 "$train" 2>/dev/null || break
done

if [ "$is_out_of_time" = yes ] && [ "$code" = 130 ]; then
    scontrol requeue "$SLURM_JOB_ID"
fi
exit "$code"
