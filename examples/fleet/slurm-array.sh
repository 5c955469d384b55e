#!/usr/bin/env bash
#SBATCH --job-name=kms-byok-fleet
#SBATCH --array=0-3
#SBATCH --requeue
#SBATCH --signal=TERM@120
#SBATCH --output=fleet-%A-%a.out
#SBATCH --open-mode=append
# Makes the keys of a manifest in four tasks, each for accounts and Regions of its own:
#
#   sbatch examples/fleet/slurm-array.sh keys.csv
#
# What follows the manifest goes to `fleet run`. The directory of the manifest is shared by the nodes: each task has its journal there. A
# task that is requeued goes on where it was. One account and Region is not split, because its tasks would share its quotas.
set -u
# A step of its own, which gets the signal before the time limit, and ends between two keys.
srun kms-byok fleet run "${1:?the manifest}" "${@:2}" --shard auto --output json
status=$?
# 3: keys have failed or are left; above 128: it was killed. Slurm runs the task again, at most five times.
if ((status == 3 || status > 128)) && ((${SLURM_RESTART_COUNT:-0} < 5)); then
    scontrol requeue "${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID"
fi
exit "$status"
