#!/usr/bin/env bash

# This function joins an array using a character passed in
# e.g. ARRAY=(one two three) -> join_by ":" ${ARRAY[@]} -> "one:two:three"
function join_by { local IFS="$1"; shift; echo "$*"; }

_im_autocomplete()
{

  local cur="${COMP_WORDS[COMP_CWORD]}" opts normalizedCommand colonPrefix IFS=$' \t\n'
  COMPREPLY=()

  local commands="
ask --id --timeout --as --token-file --token-stdin --insecure --url --data --ca --json --no-color
backup --data --json --no-color
bench --pairs --window --size --seconds --offline --connections --kill-every --folder --shared --as --token-file --token-stdin --ca --json --no-color --url
block --as --token-file --token-stdin --insecure --url --data --ca --json --no-color
blocked --as --token-file --token-stdin --insecure --url --data --ca --json --no-color
completion 
config:get --json --no-color
config:list --json --no-color
config:path --json --no-color
config:set --json --no-color
config:unset --json --no-color
connect --to --device --plain --theme --lang --ascii --ambiguous-width --notify --mouse --title --history-size --as --token-file --token-stdin --insecure --url --data --ca --json --no-color
database:check --database --single-node --json --no-color
database:migrate --database --single-node --json --no-color
database:operator --database --single-node --json --no-color
demo --chat --once
devices --as --token-file --token-stdin --insecure --url --data --ca --json --no-color
devices:remove --of --as --token-file --token-stdin --insecure --url --data --ca --json --no-color
doctor --timeout --as --token-file --token-stdin --insecure --url --data --ca --json --no-color
export --database --single-node --json --no-color
help 
history --since --until --grep --limit --device --as --url --data --ca --json --no-color
import --database --single-node --json --no-color
inspect-queue --status --from --id --since --until --min-age --grep --limit --mine --no-body --summary --check --warn-age --crit-age --warn-count --crit-count --audit --watch --interval --as --token-file --token-stdin --insecure --url --data --ca --json --no-color
listen --count --timeout --drain --from --device --format --exec --park-after --park --as --token-file --token-stdin --insecure --url --data --ca --json --no-color
purge --from --id --since --until --min-age --grep --limit --dry-run --yes --export --as --token-file --token-stdin --insecure --url --data --ca --json --no-color
replay --delivered --file --from --id --since --until --min-age --grep --limit --dry-run --rate --original-timing --speed --keep-going --timeout --as --token-file --token-stdin --insecure --url --data --ca --json --no-color
restore --data --json --no-color
send --to --id --re --wait --timeout --retry-for --stdin --exec --keep-going --quiet --as --token-file --token-stdin --insecure --url --data --ca --json --no-color
serve --data --database --single-node --host --port --ops-port --tls-cert --tls-key --insecure --log-level --max-connections --max-sessions-per-user --max-strangers --max-strangers-per-address --max-failed-logins --max-failed-logins-per-user --max-undelivered --max-undelivered-bytes --max-messages-per-second --max-bytes-per-second --max-burst --keep-delivered --keep-delivered-for --max-devices --keep-devices-for --json --no-color
trace --from --to --as --token-file --token-stdin --insecure --url --data --ca --json --no-color
unblock --as --token-file --token-stdin --insecure --url --data --ca --json --no-color
unsend --to --as --token-file --token-stdin --insecure --url --data --ca --json --no-color
user:add --operator --keep --as --token-file --token-stdin --insecure --url --data --ca --json --no-color
user:allow --from --everybody --nobody --as --token-file --token-stdin --insecure --url --data --ca --json --no-color
user:list --as --token-file --token-stdin --insecure --url --data --ca --json --no-color
user:remove --export --as --token-file --token-stdin --insecure --url --data --ca --json --no-color
user:rotate --keep --as --token-file --token-stdin --insecure --url --data --ca --json --no-color
user:token:add --keep --as --token-file --token-stdin --insecure --url --data --ca --json --no-color
user:token:list --as --token-file --token-stdin --insecure --url --data --ca --json --no-color
user:token:revoke --as --token-file --token-stdin --insecure --url --data --ca --json --no-color
"

  function __trim_colon_commands()
  {
    # Turn $commands into an array
    commands=("${commands[@]}")

    if [[ -z "$colonPrefix" ]]; then
      colonPrefix="$normalizedCommand:"
    fi

    # Remove colon-word prefix from $commands
    commands=( "${commands[@]/$colonPrefix}" )

    for i in "${!commands[@]}"; do
      if [[ "${commands[$i]}" == "$normalizedCommand" ]]; then
        # If the currently typed in command is a topic command we need to remove it to avoid suggesting it again
        unset "${commands[$i]}"
      else
        # Trim subcommands from each command
        commands[$i]="${commands[$i]%%:*}"
      fi
    done
  }

  if [[ "$cur" != "-"* ]]; then
    # Command
    __COMP_WORDS=( "${COMP_WORDS[@]:1}" )

    # The command typed by the user but separated by colons (e.g. "mycli command subcom" -> "command:subcom")
    normalizedCommand="$( printf "%s" "$(join_by ":" "${__COMP_WORDS[@]}")" )"

    # The command hirarchy, with colons, leading up to the last subcommand entered (e.g. "mycli com subcommand subsubcom" -> "com:subcommand:")
    colonPrefix="${normalizedCommand%"${normalizedCommand##*:}"}"

    if [[ -z "$normalizedCommand" ]]; then
      # If there is no normalizedCommand yet the user hasn't typed in a full command
      # So we should trim all subcommands & flags from $commands so we can suggest all top level commands
      opts=$(printf "%s " "${commands[@]}" | grep -Eo '^[a-zA-Z0-9_-]+')
    else
      # Filter $commands to just the ones that match the $normalizedCommand and turn into an array
      commands=( $(compgen -W "$commands" -- "${normalizedCommand}") )
      # Trim higher level and subcommands from the subcommands to suggest
      __trim_colon_commands "$colonPrefix"

      opts=$(printf "%s " "${commands[@]}") # | grep -Eo '^[a-zA-Z0-9_-]+'
    fi
  else 
    # Flag

    # The full CLI command separated by colons (e.g. "mycli command subcommand --fl" -> "command:subcommand")
    # This needs to be defined with $COMP_CWORD-1 as opposed to above because the current "word" on the command line is a flag and the command is everything before the flag
    normalizedCommand="$( printf "%s" "$(join_by ":" "${COMP_WORDS[@]:1:($COMP_CWORD - 1)}")" )"

    # The line below finds the command in $commands using grep
    # Then, using sed, it removes everything from the found command before the --flags (e.g. "command:subcommand:subsubcom --flag1 --flag2" -> "--flag1 --flag2")
    opts=$(printf "%s " "${commands[@]}" | grep "${normalizedCommand}" | sed -n "s/^${normalizedCommand} //p")
  fi

  COMPREPLY=($(compgen -W "$opts" -- "${cur}"))
}

complete -F _im_autocomplete im
