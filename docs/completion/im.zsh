#compdef im


_im_config() {
  local context state state_descr line
  typeset -A opt_args

  _arguments -C "1: :->cmds" "*::arg:->args"

  case "$state" in
    cmds)
_values "completions" \
"get[Print a setting, as it holds for a command without flags]" \
"list[List all settings: their values, where these come from, and what they mean]" \
"path[Print where the settings are]" \
"set[Make a setting stay]" \
"unset[Take a setting away: its default holds again]" \

      ;;
    args)
      case $line[1] in
        "get")
          _arguments -S \
--json"[print JSON Lines on stdout, and nothing else]" \
--no-color"[print no colours and no other escape sequences]" \
--help"[Show help for command]" \
"*: :_files"
        ;;
        "list")
          _arguments -S \
--json"[print JSON Lines on stdout, and nothing else]" \
--no-color"[print no colours and no other escape sequences]" \
--help"[Show help for command]" \
"*: :_files"
        ;;
        "path")
          _arguments -S \
--json"[print JSON Lines on stdout, and nothing else]" \
--no-color"[print no colours and no other escape sequences]" \
--help"[Show help for command]" \
"*: :_files"
        ;;
        "set")
          _arguments -S \
--json"[print JSON Lines on stdout, and nothing else]" \
--no-color"[print no colours and no other escape sequences]" \
--help"[Show help for command]" \
"*: :_files"
        ;;
        "unset")
          _arguments -S \
--json"[print JSON Lines on stdout, and nothing else]" \
--no-color"[print no colours and no other escape sequences]" \
--help"[Show help for command]" \
"*: :_files"
        ;;

      esac
      ;;
  esac
}

_im_database() {
  local context state state_descr line
  typeset -A opt_args

  _arguments -C "1: :->cmds" "*::arg:->args"

  case "$state" in
    cmds)
_values "completions" \
"check[Check a PostgreSQL database and its standbys, and list the servers that use it]" \
"migrate[Create the tables of a PostgreSQL database, or bring them up to date]" \
"operator[Give the operator of a PostgreSQL database a new token, and print it]" \

      ;;
    args)
      case $line[1] in
        "check")
          _arguments -S \
--database"[a PostgreSQL database that several servers share, such as postgresql://im@db1,db2/im; what it leaves out comes from PGHOST and its family, PGSERVICE and ~/.pgpass]:file:_files" \
--single-node"[take a database without standbys: what is stored is on one disk]" \
--json"[print JSON Lines on stdout, and nothing else]" \
--no-color"[print no colours and no other escape sequences]" \
--help"[Show help for command]" \
"*: :_files"
        ;;
        "migrate")
          _arguments -S \
--database"[a PostgreSQL database that several servers share, such as postgresql://im@db1,db2/im; what it leaves out comes from PGHOST and its family, PGSERVICE and ~/.pgpass]:file:_files" \
--single-node"[take a database without standbys: what is stored is on one disk]" \
--json"[print JSON Lines on stdout, and nothing else]" \
--no-color"[print no colours and no other escape sequences]" \
--help"[Show help for command]" \
"*: :_files"
        ;;
        "operator")
          _arguments -S \
--database"[a PostgreSQL database that several servers share, such as postgresql://im@db1,db2/im; what it leaves out comes from PGHOST and its family, PGSERVICE and ~/.pgpass]:file:_files" \
--single-node"[take a database without standbys: what is stored is on one disk]" \
--json"[print JSON Lines on stdout, and nothing else]" \
--no-color"[print no colours and no other escape sequences]" \
--help"[Show help for command]" \
"*: :_files"
        ;;

      esac
      ;;
  esac
}

_im_devices() {
  _im_devices_flags() {
    local context state state_descr line
    typeset -A opt_args

    _arguments -S \
--as"[your user name; default: user in profile.json, else the name of your account on this machine]:file:_files" \
--token-file"[file with your token; - is standard input; or put the token in IM_TOKEN (less safe: other programs may see it)]:file:_files" \
--token-stdin"[read your token from the first line of standard input]" \
--insecure"[send your token to another machine without TLS (ws:), where something else encrypts the connection]" \
--url"[the server; default: url in profile.json, else the server on --data, else ws://127.0.0.1:4690]:file:_files" \
--data"[data folder of the local server; default: data in profile.json, else $XDG_DATA_HOME/im]:file:_files" \
--ca"[with wss: a file with the certificates to trust (PEM), of the server or of who signed it; default: ca in profile.json, else what the system trusts]:file:_files" \
--json"[print JSON Lines on stdout, and nothing else]" \
--no-color"[print no colours and no other escape sequences]" \
--help"[Show help for command]" \
"*: :_files"
  }

  local context state state_descr line
  typeset -A opt_args

  _arguments -C "1: :->cmds" "*: :->args"

  case "$state" in
    cmds)
      if [[ "${words[CURRENT]}" == -* ]]; then
        _im_devices_flags
      else
_values "completions" \
"remove[Remove a device of a user]" \

      fi
      ;;
    args)
      case $line[1] in
        "remove")
          _arguments -S \
--of"[whose device; default: yours]:file:_files" \
--as"[your user name; default: user in profile.json, else the name of your account on this machine]:file:_files" \
--token-file"[file with your token; - is standard input; or put the token in IM_TOKEN (less safe: other programs may see it)]:file:_files" \
--token-stdin"[read your token from the first line of standard input]" \
--insecure"[send your token to another machine without TLS (ws:), where something else encrypts the connection]" \
--url"[the server; default: url in profile.json, else the server on --data, else ws://127.0.0.1:4690]:file:_files" \
--data"[data folder of the local server; default: data in profile.json, else $XDG_DATA_HOME/im]:file:_files" \
--ca"[with wss: a file with the certificates to trust (PEM), of the server or of who signed it; default: ca in profile.json, else what the system trusts]:file:_files" \
--json"[print JSON Lines on stdout, and nothing else]" \
--no-color"[print no colours and no other escape sequences]" \
--help"[Show help for command]" \
"*: :_files"
        ;;

      *)
        _im_devices_flags
      ;;
      esac
      ;;
  esac
}

_im_user() {
  local context state state_descr line
  typeset -A opt_args

  _arguments -C "1: :->cmds" "*::arg:->args"

  case "$state" in
    cmds)
_values "completions" \
"token[Give users further tokens, and take them away]" \
"add[Add users and print their tokens]" \
"allow[Say who may write to a user]" \
"list[List the users]" \
"remove[Remove users]" \
"rotate[Give users new tokens and print them]" \

      ;;
    args)
      case $line[1] in
        "token")
          _im_user_token
        ;;
        "add")
          _arguments -S \
--operator"[make them operators, who may manage users and queues]" \
--keep"[also store the token for your account on this machine, so that im connect NAME works here]" \
--as"[your user name; default: user in profile.json, else the name of your account on this machine]:file:_files" \
--token-file"[file with your token; - is standard input; or put the token in IM_TOKEN (less safe: other programs may see it)]:file:_files" \
--token-stdin"[read your token from the first line of standard input]" \
--insecure"[send your token to another machine without TLS (ws:), where something else encrypts the connection]" \
--url"[the server; default: url in profile.json, else the server on --data, else ws://127.0.0.1:4690]:file:_files" \
--data"[data folder of the local server; default: data in profile.json, else $XDG_DATA_HOME/im]:file:_files" \
--ca"[with wss: a file with the certificates to trust (PEM), of the server or of who signed it; default: ca in profile.json, else what the system trusts]:file:_files" \
--json"[print JSON Lines on stdout, and nothing else]" \
--no-color"[print no colours and no other escape sequences]" \
--help"[Show help for command]" \
"*: :_files"
        ;;
        "allow")
          _arguments -S \
"*"--from"[only this user may write; may be repeated]:file:_files" \
--everybody"[everybody may write again]" \
--nobody"[nobody else may write]" \
--as"[your user name; default: user in profile.json, else the name of your account on this machine]:file:_files" \
--token-file"[file with your token; - is standard input; or put the token in IM_TOKEN (less safe: other programs may see it)]:file:_files" \
--token-stdin"[read your token from the first line of standard input]" \
--insecure"[send your token to another machine without TLS (ws:), where something else encrypts the connection]" \
--url"[the server; default: url in profile.json, else the server on --data, else ws://127.0.0.1:4690]:file:_files" \
--data"[data folder of the local server; default: data in profile.json, else $XDG_DATA_HOME/im]:file:_files" \
--ca"[with wss: a file with the certificates to trust (PEM), of the server or of who signed it; default: ca in profile.json, else what the system trusts]:file:_files" \
--json"[print JSON Lines on stdout, and nothing else]" \
--no-color"[print no colours and no other escape sequences]" \
--help"[Show help for command]" \
"*: :_files"
        ;;
        "list")
          _arguments -S \
--as"[your user name; default: user in profile.json, else the name of your account on this machine]:file:_files" \
--token-file"[file with your token; - is standard input; or put the token in IM_TOKEN (less safe: other programs may see it)]:file:_files" \
--token-stdin"[read your token from the first line of standard input]" \
--insecure"[send your token to another machine without TLS (ws:), where something else encrypts the connection]" \
--url"[the server; default: url in profile.json, else the server on --data, else ws://127.0.0.1:4690]:file:_files" \
--data"[data folder of the local server; default: data in profile.json, else $XDG_DATA_HOME/im]:file:_files" \
--ca"[with wss: a file with the certificates to trust (PEM), of the server or of who signed it; default: ca in profile.json, else what the system trusts]:file:_files" \
--json"[print JSON Lines on stdout, and nothing else]" \
--no-color"[print no colours and no other escape sequences]" \
--help"[Show help for command]" \
"*: :_files"
        ;;
        "remove")
          _arguments -S \
--export"[first write their undelivered messages to this new file; im replay --file puts them back]:file:_files" \
--as"[your user name; default: user in profile.json, else the name of your account on this machine]:file:_files" \
--token-file"[file with your token; - is standard input; or put the token in IM_TOKEN (less safe: other programs may see it)]:file:_files" \
--token-stdin"[read your token from the first line of standard input]" \
--insecure"[send your token to another machine without TLS (ws:), where something else encrypts the connection]" \
--url"[the server; default: url in profile.json, else the server on --data, else ws://127.0.0.1:4690]:file:_files" \
--data"[data folder of the local server; default: data in profile.json, else $XDG_DATA_HOME/im]:file:_files" \
--ca"[with wss: a file with the certificates to trust (PEM), of the server or of who signed it; default: ca in profile.json, else what the system trusts]:file:_files" \
--json"[print JSON Lines on stdout, and nothing else]" \
--no-color"[print no colours and no other escape sequences]" \
--help"[Show help for command]" \
"*: :_files"
        ;;
        "rotate")
          _arguments -S \
--keep"[also store the token for your account on this machine, so that im connect NAME works here]" \
--as"[your user name; default: user in profile.json, else the name of your account on this machine]:file:_files" \
--token-file"[file with your token; - is standard input; or put the token in IM_TOKEN (less safe: other programs may see it)]:file:_files" \
--token-stdin"[read your token from the first line of standard input]" \
--insecure"[send your token to another machine without TLS (ws:), where something else encrypts the connection]" \
--url"[the server; default: url in profile.json, else the server on --data, else ws://127.0.0.1:4690]:file:_files" \
--data"[data folder of the local server; default: data in profile.json, else $XDG_DATA_HOME/im]:file:_files" \
--ca"[with wss: a file with the certificates to trust (PEM), of the server or of who signed it; default: ca in profile.json, else what the system trusts]:file:_files" \
--json"[print JSON Lines on stdout, and nothing else]" \
--no-color"[print no colours and no other escape sequences]" \
--help"[Show help for command]" \
"*: :_files"
        ;;

      esac
      ;;
  esac
}

_im_user_token() {
  local context state state_descr line
  typeset -A opt_args

  _arguments -C "1: :->cmds" "*::arg:->args"

  case "$state" in
    cmds)
_values "completions" \
"add[Make a further token for a user, and print it]" \
"list[List the tokens of a user: when each was made, and last used]" \
"revoke[Take one token of a user away]" \

      ;;
    args)
      case $line[1] in
        "add")
          _arguments -S \
--keep"[also store the token for your account on this machine, so that im connect NAME works here]" \
--as"[your user name; default: user in profile.json, else the name of your account on this machine]:file:_files" \
--token-file"[file with your token; - is standard input; or put the token in IM_TOKEN (less safe: other programs may see it)]:file:_files" \
--token-stdin"[read your token from the first line of standard input]" \
--insecure"[send your token to another machine without TLS (ws:), where something else encrypts the connection]" \
--url"[the server; default: url in profile.json, else the server on --data, else ws://127.0.0.1:4690]:file:_files" \
--data"[data folder of the local server; default: data in profile.json, else $XDG_DATA_HOME/im]:file:_files" \
--ca"[with wss: a file with the certificates to trust (PEM), of the server or of who signed it; default: ca in profile.json, else what the system trusts]:file:_files" \
--json"[print JSON Lines on stdout, and nothing else]" \
--no-color"[print no colours and no other escape sequences]" \
--help"[Show help for command]" \
"*: :_files"
        ;;
        "list")
          _arguments -S \
--as"[your user name; default: user in profile.json, else the name of your account on this machine]:file:_files" \
--token-file"[file with your token; - is standard input; or put the token in IM_TOKEN (less safe: other programs may see it)]:file:_files" \
--token-stdin"[read your token from the first line of standard input]" \
--insecure"[send your token to another machine without TLS (ws:), where something else encrypts the connection]" \
--url"[the server; default: url in profile.json, else the server on --data, else ws://127.0.0.1:4690]:file:_files" \
--data"[data folder of the local server; default: data in profile.json, else $XDG_DATA_HOME/im]:file:_files" \
--ca"[with wss: a file with the certificates to trust (PEM), of the server or of who signed it; default: ca in profile.json, else what the system trusts]:file:_files" \
--json"[print JSON Lines on stdout, and nothing else]" \
--no-color"[print no colours and no other escape sequences]" \
--help"[Show help for command]" \
"*: :_files"
        ;;
        "revoke")
          _arguments -S \
--as"[your user name; default: user in profile.json, else the name of your account on this machine]:file:_files" \
--token-file"[file with your token; - is standard input; or put the token in IM_TOKEN (less safe: other programs may see it)]:file:_files" \
--token-stdin"[read your token from the first line of standard input]" \
--insecure"[send your token to another machine without TLS (ws:), where something else encrypts the connection]" \
--url"[the server; default: url in profile.json, else the server on --data, else ws://127.0.0.1:4690]:file:_files" \
--data"[data folder of the local server; default: data in profile.json, else $XDG_DATA_HOME/im]:file:_files" \
--ca"[with wss: a file with the certificates to trust (PEM), of the server or of who signed it; default: ca in profile.json, else what the system trusts]:file:_files" \
--json"[print JSON Lines on stdout, and nothing else]" \
--no-color"[print no colours and no other escape sequences]" \
--help"[Show help for command]" \
"*: :_files"
        ;;

      esac
      ;;
  esac
}


_im() {
  local context state state_descr line
  typeset -A opt_args

  _arguments -C "1: :->cmds" "*::arg:->args"

  case "$state" in
    cmds)
      _values "completions" \
"config[Settings that stay: show, set and take away]" \
"database[Check and prepare a PostgreSQL database that several servers share]" \
"devices[List the devices of a user: when each was last here, and how far behind it is]" \
"user[Add, list and remove users, and replace their tokens]" \
"ask[Send a question, wait for its answer, and print that]" \
"backup[Copy the data folder as it is at this moment, also while its server runs]" \
"bench[Measure a server on this machine and disk, and check what it promises]" \
"block[Take no more messages from users]" \
"blocked[List whom a user blocks]" \
"completion[Print the completion script of a shell]" \
"connect[Chat, full screen or line by line]" \
"demo[See it work: a server, two users, kill -9; nothing to prepare]" \
"doctor[Check everything that im needs, and say how to fix what is wrong]" \
"export[Make a data folder from a PostgreSQL database: the way back from im import]" \
"help[Show how to use a command, the exit codes, or the flags that most commands share]" \
"history[Print what was said, from the local history of the chat]" \
"import[Bring a data folder into a PostgreSQL database, for several servers]" \
"inspect-queue[Show undelivered messages: for whom, since when, and how often they were tried]" \
"listen[Print messages, or run a command for each]" \
"purge[Delete undelivered messages, after exporting them to a file]" \
"replay[Push messages again, or put exported ones back]" \
"restore[Make a data folder from a backup]" \
"send[Send a message, each line of standard input, or a report on a command]" \
"serve[Run the server]" \
"trace[Show what happened to a message: stored, pushed, acked, replayed]" \
"unblock[Take messages from blocked users again]" \
"unsend[Take a message back that its receiver has not seen]" \

    ;;
    args)
      case $line[1] in
config)
  _im_config
  ;;
database)
  _im_database
  ;;
devices)
  _im_devices
  ;;
user)
  _im_user
  ;;
ask)
_arguments -S \
--id"[the id of the question; with the same one a question is asked once, and its answer is found again]:file:_files" \
--timeout"[how long to wait for the answer; default: 30s]:file:_files" \
--as"[your user name; default: user in profile.json, else the name of your account on this machine]:file:_files" \
--token-file"[file with your token; - is standard input; or put the token in IM_TOKEN (less safe: other programs may see it)]:file:_files" \
--token-stdin"[read your token from the first line of standard input]" \
--insecure"[send your token to another machine without TLS (ws:), where something else encrypts the connection]" \
--url"[the server; default: url in profile.json, else the server on --data, else ws://127.0.0.1:4690]:file:_files" \
--data"[data folder of the local server; default: data in profile.json, else $XDG_DATA_HOME/im]:file:_files" \
--ca"[with wss: a file with the certificates to trust (PEM), of the server or of who signed it; default: ca in profile.json, else what the system trusts]:file:_files" \
--json"[print JSON Lines on stdout, and nothing else]" \
--no-color"[print no colours and no other escape sequences]" \
--help"[Show help for command]" \
"*: :_files" ;; 
backup)
_arguments -S \
--data"[data folder of the local server; default: data in profile.json, else $XDG_DATA_HOME/im]:file:_files" \
--json"[print JSON Lines on stdout, and nothing else]" \
--no-color"[print no colours and no other escape sequences]" \
--help"[Show help for command]" \
"*: :_files" ;; 
bench)
_arguments -S \
--pairs"[senders, each with a recipient of its own]:file:_files" \
--window"[unanswered messages of each sender; with 1 it waits for each answer]:file:_files" \
--size"[bytes of a body]:file:_files" \
--seconds"[how long to measure; default: 10, after a fifth of it to warm up]:file:_files" \
--offline"[store N messages while the recipients are away, then let them come]:file:_files" \
--connections"[idle sessions beside]:file:_files" \
--kill-every"[kill the server again and again, as kill -9 does, and start it again]:file:_files" \
--folder"[where its temporary folder is made, to choose the disk; default: $TMPDIR, else /tmp]:file:_files" \
--shared"[run, although the server has users of other people]" \
--as"[your user name; default: user in profile.json, else the name of your account on this machine]:file:_files" \
--token-file"[file with your token; - is standard input; or put the token in IM_TOKEN (less safe: other programs may see it)]:file:_files" \
--token-stdin"[read your token from the first line of standard input]" \
--ca"[with wss: a file with the certificates to trust (PEM), of the server or of who signed it; default: ca in profile.json, else what the system trusts]:file:_files" \
--json"[print JSON Lines on stdout, and nothing else]" \
--no-color"[print no colours and no other escape sequences]" \
--url"[measure this server, as an operator, instead of one of its own; its users are removed again]:file:_files" \
--help"[Show help for command]" \
"*: :_files" ;; 
block)
_arguments -S \
--as"[your user name; default: user in profile.json, else the name of your account on this machine]:file:_files" \
--token-file"[file with your token; - is standard input; or put the token in IM_TOKEN (less safe: other programs may see it)]:file:_files" \
--token-stdin"[read your token from the first line of standard input]" \
--insecure"[send your token to another machine without TLS (ws:), where something else encrypts the connection]" \
--url"[the server; default: url in profile.json, else the server on --data, else ws://127.0.0.1:4690]:file:_files" \
--data"[data folder of the local server; default: data in profile.json, else $XDG_DATA_HOME/im]:file:_files" \
--ca"[with wss: a file with the certificates to trust (PEM), of the server or of who signed it; default: ca in profile.json, else what the system trusts]:file:_files" \
--json"[print JSON Lines on stdout, and nothing else]" \
--no-color"[print no colours and no other escape sequences]" \
--help"[Show help for command]" \
"*: :_files" ;; 
blocked)
_arguments -S \
--as"[your user name; default: user in profile.json, else the name of your account on this machine]:file:_files" \
--token-file"[file with your token; - is standard input; or put the token in IM_TOKEN (less safe: other programs may see it)]:file:_files" \
--token-stdin"[read your token from the first line of standard input]" \
--insecure"[send your token to another machine without TLS (ws:), where something else encrypts the connection]" \
--url"[the server; default: url in profile.json, else the server on --data, else ws://127.0.0.1:4690]:file:_files" \
--data"[data folder of the local server; default: data in profile.json, else $XDG_DATA_HOME/im]:file:_files" \
--ca"[with wss: a file with the certificates to trust (PEM), of the server or of who signed it; default: ca in profile.json, else what the system trusts]:file:_files" \
--json"[print JSON Lines on stdout, and nothing else]" \
--no-color"[print no colours and no other escape sequences]" \
--help"[Show help for command]" \
"*: :_files" ;; 
connect)
_arguments -S \
--to"[user to write to first]:file:_files" \
--device"[which device of yours this is; default: device in profile.json, else the short host name. With another name it has a history of its own, beside the chat of this machine]:file:_files" \
--plain"[line mode, even on a terminal; default: plain in profile.json]" \
--theme"[colors for a dark or a light terminal; default: theme in profile.json, else auto, which asks the terminal and takes dark if that does not answer]:theme options:(auto dark light)" \
--lang"[language of the chat; default: lang in profile.json, else auto, which follows LC_ALL, LC_MESSAGES and LANG. Commands, --json and other commands are in English]:lang options:(auto en zh-CN)" \
--ascii"[draw with ASCII characters only; default: ascii in profile.json]" \
--ambiguous-width"[columns that this terminal uses for characters such as … and Ω; default: ambiguousWidth in profile.json, else 1]:ambiguous-width options:(1 2)" \
--notify"[how to announce a message while the terminal is not in focus; desktop-text also shows its text on your desktop; default: notify in profile.json, else off]:notify options:(off bell desktop desktop-text)" \
--mouse"[scroll with the wheel; to select text, hold Shift, or press F2; default: mouse in profile.json]" \
--title"[show the number of unread messages in the title of the window; default: title in profile.json]" \
--history-size"[how much to keep of each conversation, in MiB; default: historySize in profile.json, else 64]:file:_files" \
--as"[your user name; default: user in profile.json, else the name of your account on this machine]:file:_files" \
--token-file"[file with your token; - is standard input; or put the token in IM_TOKEN (less safe: other programs may see it)]:file:_files" \
--token-stdin"[read your token from the first line of standard input]" \
--insecure"[send your token to another machine without TLS (ws:), where something else encrypts the connection]" \
--url"[the server; default: url in profile.json, else the server on --data, else ws://127.0.0.1:4690]:file:_files" \
--data"[data folder of the local server; default: data in profile.json, else $XDG_DATA_HOME/im]:file:_files" \
--ca"[with wss: a file with the certificates to trust (PEM), of the server or of who signed it; default: ca in profile.json, else what the system trusts]:file:_files" \
--json"[print JSON Lines on stdout, and nothing else]" \
--no-color"[print no colours and no other escape sequences]" \
--help"[Show help for command]" \
"*: :_files" ;; 
demo)
_arguments -S \
--chat"[open the chat, with a bot that explains it by going offline and killing the server]" \
--once"[end after the story, also on a terminal]" \
--help"[Show help for command]" \
"*: :_files" ;; 
doctor)
_arguments -S \
--timeout"[how long to wait for the server; default: 5s]:file:_files" \
--as"[your user name; default: user in profile.json, else the name of your account on this machine]:file:_files" \
--token-file"[file with your token; - is standard input; or put the token in IM_TOKEN (less safe: other programs may see it)]:file:_files" \
--token-stdin"[read your token from the first line of standard input]" \
--insecure"[send your token to another machine without TLS (ws:), where something else encrypts the connection]" \
--url"[the server; default: url in profile.json, else the server on --data, else ws://127.0.0.1:4690]:file:_files" \
--data"[data folder of the local server; default: data in profile.json, else $XDG_DATA_HOME/im]:file:_files" \
--ca"[with wss: a file with the certificates to trust (PEM), of the server or of who signed it; default: ca in profile.json, else what the system trusts]:file:_files" \
--json"[print JSON Lines on stdout, and nothing else]" \
--no-color"[print no colours and no other escape sequences]" \
--help"[Show help for command]" \
"*: :_files" ;; 
export)
_arguments -S \
--database"[a PostgreSQL database that several servers share, such as postgresql://im@db1,db2/im; what it leaves out comes from PGHOST and its family, PGSERVICE and ~/.pgpass]:file:_files" \
--single-node"[take a database without standbys: what is stored is on one disk]" \
--json"[print JSON Lines on stdout, and nothing else]" \
--no-color"[print no colours and no other escape sequences]" \
--help"[Show help for command]" \
"*: :_files" ;; 
history)
_arguments -S \
--since"[only messages of this time or later: 2h (ago), 2026-01-31, …]:file:_files" \
--until"[only messages before this time]:file:_files" \
--grep"[only messages whose text matches]:file:_files" \
--limit"[at most this many messages, the newest]:file:_files" \
--device"[the history of im connect --device NAME; default: that of the chat on this machine]:file:_files" \
--as"[whose history; default: user in profile.json, else the name of your account on this machine]:file:_files" \
--url"[the server; default: url in profile.json, else the server on --data, else ws://127.0.0.1:4690]:file:_files" \
--data"[data folder of the local server; default: data in profile.json, else $XDG_DATA_HOME/im]:file:_files" \
--ca"[with wss: a file with the certificates to trust (PEM), of the server or of who signed it; default: ca in profile.json, else what the system trusts]:file:_files" \
--json"[print JSON Lines on stdout, and nothing else]" \
--no-color"[print no colours and no other escape sequences]" \
--help"[Show help for command]" \
"*: :_files" ;; 
import)
_arguments -S \
--database"[a PostgreSQL database that several servers share, such as postgresql://im@db1,db2/im; what it leaves out comes from PGHOST and its family, PGSERVICE and ~/.pgpass]:file:_files" \
--single-node"[take a database without standbys: what is stored is on one disk]" \
--json"[print JSON Lines on stdout, and nothing else]" \
--no-color"[print no colours and no other escape sequences]" \
--help"[Show help for command]" \
"*: :_files" ;; 
inspect-queue)
_arguments -S \
--status"[which messages to show]:status options:(undelivered delivered purged all)" \
"*"--from"[only messages from this user; may be repeated]:file:_files" \
"*"--id"[only messages with this id; may be repeated]:file:_files" \
--since"[only messages stored at this time or later: 2h (ago), 2026-01-31, …]:file:_files" \
--until"[only messages stored before this time]:file:_files" \
--min-age"[only messages stored at least this long ago]:file:_files" \
--grep"[only messages whose body matches]:file:_files" \
--limit"[at most this many messages; --max is the same]:file:_files" \
--mine"[show what waits for you, and what you sent that waits for others; needs no operator]" \
--no-body"[show no bodies]" \
--summary"[show one line per mailbox, the longest waiting first, and the total]" \
--check"[print one line for monitoring, and use its exit codes]" \
--warn-age"[with --check: warning if a message is this old; default: 5m]:file:_files" \
--crit-age"[with --check: critical if a message is this old; default: 1h]:file:_files" \
--warn-count"[with --check: warning at this many messages]:file:_files" \
--crit-count"[with --check: critical at this many messages]:file:_files" \
--audit"[show what operators did to the queues: when, who, and to how many messages]" \
--watch"[repeat: redraw on a terminal; elsewhere, and with --json, print a line per change]" \
--interval"[with --watch: how often; default: 2s, at least 100ms]:file:_files" \
--as"[your user name; default: user in profile.json, else the name of your account on this machine]:file:_files" \
--token-file"[file with your token; - is standard input; or put the token in IM_TOKEN (less safe: other programs may see it)]:file:_files" \
--token-stdin"[read your token from the first line of standard input]" \
--insecure"[send your token to another machine without TLS (ws:), where something else encrypts the connection]" \
--url"[the server; default: url in profile.json, else the server on --data, else ws://127.0.0.1:4690]:file:_files" \
--data"[data folder of the local server; default: data in profile.json, else $XDG_DATA_HOME/im]:file:_files" \
--ca"[with wss: a file with the certificates to trust (PEM), of the server or of who signed it; default: ca in profile.json, else what the system trusts]:file:_files" \
--json"[print JSON Lines on stdout, and nothing else]" \
--no-color"[print no colours and no other escape sequences]" \
--help"[Show help for command]" \
"*: :_files" ;; 
listen)
_arguments -S \
--count"[end after this many messages]:file:_files" \
--timeout"[end after this time; that is a failure if --count is not reached, or with --drain something still waits]:file:_files" \
--drain"[print what waits now, and end; with --count at most so many]" \
"*"--from"[print only messages from this user; may be repeated. Messages from others are acked too, and kept unread for im connect; with a --device of its own they are left to your other devices]:file:_files" \
--device"[which device of yours this is; default: listen, or with --from: main. Each gets every message, and remembers what it has printed; a second im listen with the same name ends the first. main is the chat on this machine: that ends]:file:_files" \
--format"[how to print a message: {from} {to} {id} {seq} {at} {attempt} {replay} {re} {body} {line}. {line} is the body in one line; {body} indents its further lines. Write {{ }} \\ for { } \, and \n \t for a new line and a tab]:file:_files" \
--exec"[run this shell command for each message instead: IM_ID, IM_FROM, IM_BODY … are in its environment, the exact body on its standard input]:file:_files" \
--park-after"[with --exec: when the command has failed N times for a message, put it into the file of --park, ack it and go on. The tries are 1s, 2s, 4s … at most 30s apart, and count across restarts]:file:_files" \
--park"[where messages are put aside, one JSON line each; with im replay --file FILE an operator puts them back]:file:_files" \
--as"[your user name; default: user in profile.json, else the name of your account on this machine]:file:_files" \
--token-file"[file with your token; - is standard input; or put the token in IM_TOKEN (less safe: other programs may see it)]:file:_files" \
--token-stdin"[read your token from the first line of standard input]" \
--insecure"[send your token to another machine without TLS (ws:), where something else encrypts the connection]" \
--url"[the server; default: url in profile.json, else the server on --data, else ws://127.0.0.1:4690]:file:_files" \
--data"[data folder of the local server; default: data in profile.json, else $XDG_DATA_HOME/im]:file:_files" \
--ca"[with wss: a file with the certificates to trust (PEM), of the server or of who signed it; default: ca in profile.json, else what the system trusts]:file:_files" \
--json"[print JSON Lines on stdout, and nothing else]" \
--no-color"[print no colours and no other escape sequences]" \
--help"[Show help for command]" \
"*: :_files" ;; 
purge)
_arguments -S \
"*"--from"[only messages from this user; may be repeated]:file:_files" \
"*"--id"[only messages with this id; may be repeated]:file:_files" \
--since"[only messages stored at this time or later: 2h (ago), 2026-01-31, …]:file:_files" \
--until"[only messages stored before this time]:file:_files" \
--min-age"[only messages stored at least this long ago]:file:_files" \
--grep"[only messages whose body matches]:file:_files" \
--limit"[at most this many messages; --max is the same]:file:_files" \
--dry-run"[show the messages and do nothing]" \
--yes"[export and delete them]" \
--export"[the file to create for them; default: purged-USER-TIME.jsonl]:file:_files" \
--as"[your user name; default: user in profile.json, else the name of your account on this machine]:file:_files" \
--token-file"[file with your token; - is standard input; or put the token in IM_TOKEN (less safe: other programs may see it)]:file:_files" \
--token-stdin"[read your token from the first line of standard input]" \
--insecure"[send your token to another machine without TLS (ws:), where something else encrypts the connection]" \
--url"[the server; default: url in profile.json, else the server on --data, else ws://127.0.0.1:4690]:file:_files" \
--data"[data folder of the local server; default: data in profile.json, else $XDG_DATA_HOME/im]:file:_files" \
--ca"[with wss: a file with the certificates to trust (PEM), of the server or of who signed it; default: ca in profile.json, else what the system trusts]:file:_files" \
--json"[print JSON Lines on stdout, and nothing else]" \
--no-color"[print no colours and no other escape sequences]" \
--help"[Show help for command]" \
"*: :_files" ;; 
replay)
_arguments -S \
--delivered"[push delivered messages instead of undelivered ones]" \
--file"[exported messages, or those that im listen --park has put aside; - is standard input]:file:_files" \
"*"--from"[only messages from this user; may be repeated]:file:_files" \
"*"--id"[only messages with this id; may be repeated]:file:_files" \
--since"[only messages stored at this time or later: 2h (ago), 2026-01-31, …]:file:_files" \
--until"[only messages stored before this time]:file:_files" \
--min-age"[only messages stored at least this long ago]:file:_files" \
--grep"[only messages whose body matches]:file:_files" \
--limit"[at most this many messages; --max is the same]:file:_files" \
--dry-run"[show the messages and do nothing]" \
--rate"[at most this many messages per second]:file:_files" \
--original-timing"[keep the pauses between the messages]" \
--speed"[with --original-timing: this many times as fast]:file:_files" \
--keep-going"[with --file: skip refused lines instead of stopping at the first; lines are sent together, up to 256, so some after it may be stored]" \
--timeout"[how long to wait for the acks; default: 10s if the user is connected, otherwise not at all]:file:_files" \
--as"[your user name; default: user in profile.json, else the name of your account on this machine]:file:_files" \
--token-file"[file with your token; - is standard input; or put the token in IM_TOKEN (less safe: other programs may see it)]:file:_files" \
--token-stdin"[read your token from the first line of standard input]" \
--insecure"[send your token to another machine without TLS (ws:), where something else encrypts the connection]" \
--url"[the server; --to-url is the same; default: the one that runs on --data]:file:_files" \
--data"[data folder of the local server; default: data in profile.json, else $XDG_DATA_HOME/im]:file:_files" \
--ca"[with wss: a file with the certificates to trust (PEM), of the server or of who signed it; default: ca in profile.json, else what the system trusts]:file:_files" \
--json"[print JSON Lines on stdout, and nothing else]" \
--no-color"[print no colours and no other escape sequences]" \
--help"[Show help for command]" \
"*: :_files" ;; 
restore)
_arguments -S \
--data"[data folder of the local server; default: data in profile.json, else $XDG_DATA_HOME/im]:file:_files" \
--json"[print JSON Lines on stdout, and nothing else]" \
--no-color"[print no colours and no other escape sequences]" \
--help"[Show help for command]" \
"*: :_files" ;; 
send)
_arguments -S \
"*"--to"[the receiver; may be repeated]:file:_files" \
--id"[the id of the message; use the same one to repeat a send safely]:file:_files" \
--re"[the id of the message that this one is about: an answer, a quote]:file:_files" \
--wait"[the state that each message must reach]:wait options:(stored delivered)" \
--timeout"[how long each message may take to reach it; default: 10s]:file:_files" \
--retry-for"[how long to keep trying while the server cannot be reached; default: no longer than --timeout]:file:_files" \
--stdin"[how to split standard input into messages; a line of jsonl is {\\\"to\\\":…,\\\"body\\\":…,\\\"id\\\":…,\\\"re\\\":…}]:stdin options:(lines all jsonl)" \
--exec"[run this shell command first; the message is its exit code and its last lines of output]:file:_files" \
--keep-going"[skip refused lines instead of stopping at the first]" \
--quiet"[print no ids, and not what it waits for]" \
--as"[your user name; default: user in profile.json, else the name of your account on this machine]:file:_files" \
--token-file"[file with your token; - is standard input; or put the token in IM_TOKEN (less safe: other programs may see it)]:file:_files" \
--token-stdin"[read your token from the first line of standard input]" \
--insecure"[send your token to another machine without TLS (ws:), where something else encrypts the connection]" \
--url"[the server; default: url in profile.json, else the server on --data, else ws://127.0.0.1:4690]:file:_files" \
--data"[data folder of the local server; default: data in profile.json, else $XDG_DATA_HOME/im]:file:_files" \
--ca"[with wss: a file with the certificates to trust (PEM), of the server or of who signed it; default: ca in profile.json, else what the system trusts]:file:_files" \
--json"[print JSON Lines on stdout, and nothing else]" \
--no-color"[print no colours and no other escape sequences]" \
--help"[Show help for command]" \
"*: :_files" ;; 
serve)
_arguments -S \
--data"[data folder of the local server; default: data in profile.json, else $XDG_DATA_HOME/im]:file:_files" \
--database"[a PostgreSQL database that several servers share, such as postgresql://im@db1,db2/im; what it leaves out comes from PGHOST and its family, PGSERVICE and ~/.pgpass]:file:_files" \
--single-node"[take a database without standbys: what is stored is on one disk]" \
--host"[the address to listen on]:file:_files" \
--port"[the port; 0 chooses a free one]:file:_files" \
--ops-port"[a port on 127.0.0.1 for /livez, /readyz and /metrics]:file:_files" \
--tls-cert"[the certificate chain, PEM]:file:_files" \
--tls-key"[its private key, PEM]:file:_files" \
--insecure"[allow other machines to connect without TLS]" \
--log-level"[the least severe events to log]:log-level options:(debug info warn error silent)" \
--max-connections"[connections that have logged in]:file:_files" \
--max-sessions-per-user"[the same, of one user; default: 256, or a quarter if that is less]:file:_files" \
--max-strangers"[connections that have not logged in]:file:_files" \
--max-strangers-per-address"[the same, of one address or IPv6 /64]:file:_files" \
--max-failed-logins"[failed logins of an address before it has to wait]:file:_files" \
--max-failed-logins-per-user"[the same, of one user]:file:_files" \
--max-undelivered"[undelivered messages in a mailbox]:file:_files" \
--max-undelivered-bytes"[undelivered bytes in a mailbox]:file:_files" \
--max-messages-per-second"[messages of one user in a second; default: no limit]:file:_files" \
--max-bytes-per-second"[bytes of them; default: no limit]:file:_files" \
--max-burst"[what a user may save up of both; default: 10s]:file:_files" \
--keep-delivered"[delivered messages kept in a mailbox]:file:_files" \
--keep-delivered-for"[how long delivered messages are kept; default: 30d]:file:_files" \
--max-devices"[devices of a user]:file:_files" \
--keep-devices-for"[how long a device that does not log in is kept; default: 30d]:file:_files" \
--json"[print JSON Lines on stdout, and nothing else]" \
--no-color"[print no colours and no other escape sequences]" \
--help"[Show help for command]" \
"*: :_files" ;; 
trace)
_arguments -S \
--from"[only a message from this user]:file:_files" \
--to"[search only the mailbox of this user, which is faster]:file:_files" \
--as"[your user name; default: user in profile.json, else the name of your account on this machine]:file:_files" \
--token-file"[file with your token; - is standard input; or put the token in IM_TOKEN (less safe: other programs may see it)]:file:_files" \
--token-stdin"[read your token from the first line of standard input]" \
--insecure"[send your token to another machine without TLS (ws:), where something else encrypts the connection]" \
--url"[the server; default: url in profile.json, else the server on --data, else ws://127.0.0.1:4690]:file:_files" \
--data"[data folder of the local server; default: data in profile.json, else $XDG_DATA_HOME/im]:file:_files" \
--ca"[with wss: a file with the certificates to trust (PEM), of the server or of who signed it; default: ca in profile.json, else what the system trusts]:file:_files" \
--json"[print JSON Lines on stdout, and nothing else]" \
--no-color"[print no colours and no other escape sequences]" \
--help"[Show help for command]" \
"*: :_files" ;; 
unblock)
_arguments -S \
--as"[your user name; default: user in profile.json, else the name of your account on this machine]:file:_files" \
--token-file"[file with your token; - is standard input; or put the token in IM_TOKEN (less safe: other programs may see it)]:file:_files" \
--token-stdin"[read your token from the first line of standard input]" \
--insecure"[send your token to another machine without TLS (ws:), where something else encrypts the connection]" \
--url"[the server; default: url in profile.json, else the server on --data, else ws://127.0.0.1:4690]:file:_files" \
--data"[data folder of the local server; default: data in profile.json, else $XDG_DATA_HOME/im]:file:_files" \
--ca"[with wss: a file with the certificates to trust (PEM), of the server or of who signed it; default: ca in profile.json, else what the system trusts]:file:_files" \
--json"[print JSON Lines on stdout, and nothing else]" \
--no-color"[print no colours and no other escape sequences]" \
--help"[Show help for command]" \
"*: :_files" ;; 
unsend)
_arguments -S \
--to"[its receiver; default: as the chat on this machine knows the message]:file:_files" \
--as"[your user name; default: user in profile.json, else the name of your account on this machine]:file:_files" \
--token-file"[file with your token; - is standard input; or put the token in IM_TOKEN (less safe: other programs may see it)]:file:_files" \
--token-stdin"[read your token from the first line of standard input]" \
--insecure"[send your token to another machine without TLS (ws:), where something else encrypts the connection]" \
--url"[the server; default: url in profile.json, else the server on --data, else ws://127.0.0.1:4690]:file:_files" \
--data"[data folder of the local server; default: data in profile.json, else $XDG_DATA_HOME/im]:file:_files" \
--ca"[with wss: a file with the certificates to trust (PEM), of the server or of who signed it; default: ca in profile.json, else what the system trusts]:file:_files" \
--json"[print JSON Lines on stdout, and nothing else]" \
--no-color"[print no colours and no other escape sequences]" \
--help"[Show help for command]" \
"*: :_files" ;; 
esac

    ;;
  esac
}

_im
