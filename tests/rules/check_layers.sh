#!/usr/bin/env bash
# Dependencies point down only. Prints every include that does not, and every one that brings torch or Qt where it must not be.
#
# The table lists the rooms of the tree, floor by floor from the ground. A file belongs to the room with the longest name that
# its path begins with; it may include its own room and rooms of lower floors, not its neighbours. Rooms marked + see torch;
# the others see neither torch nor these rooms. Qt begins with ui.
set -u
cd "$1" || exit 1

floors='
core/base
core/store core/kernels core/backbone
core/text
core/text/chat
core/text/sentencepiece core/data core/library
core/model+
core/train+ core/eval+
methods/methods.def
methods/catalog
methods/picture methods/method.h+ methods/init+ methods/interchange+
methods/interchange/peft/folder+
methods/deltas/adapter+
methods/deltas+
methods/inspect+ methods/interchange/peft+ methods/interchange/adapterhub+ methods/interchange/delta_folder+
methods+
experiments/study
experiments/run
experiments/results experiments/engine+
experiments/engine/answers+ experiments/engine/pretrain+ experiments/engine/verify+
experiments/engine/entry+
ui/theme
ui/frame
ui/plots
ui/backbones ui/design ui/home ui/replay ui/results ui/run
ui/shell
app
'

offending=$(grep -rnE '#include *<torch/torch\.h>' core methods experiments ui app tests benchmarks --include='*.h' --include='*.cpp')
[ -z "$offending" ] || { printf 'torch/torch.h takes 20 s a unit; include lean headers:\n%s\n' "$offending"; exit 1; }

offending=$(grep -rnE '^ *# *include *["<]' core methods experiments ui app --include='*.h' --include='*.cpp' --include='*.def' |
  awk -v floors="$floors" '
    function room_of(path,    room) {
      for (room = path; room != ""; room = room ~ /\// ? substr(room, 1, match(room, /\/[^\/]*$/) - 1) : "")
        if (room in floor) return room
      return ""
    }
    BEGIN {
      count = split(floors, lines, "\n")
      for (i = 1; i <= count; i++) {
        rooms = split(lines[i], names, " ")
        for (j = 1; j <= rooms; j++) {
          name = names[j]
          marked = sub(/\+$/, "", name)
          floor[name] = i
          torch[name] = marked
        }
      }
    }
    {
      match($0, /:[0-9]+:/)
      from = substr($0, 1, RSTART - 1)
      included = $0
      sub(/^.*# *include *["<]/, "", included)
      sub(/[">].*$/, "", included)
      here = room_of(from)
      there = room_of(included)
      if (here == "") why = "belongs to no room of the table"
      else if (included ~ /^(torch|ATen|c10)\//) why = torch[here] ? "" : "torch in a torch-free room"
      else if (included ~ /^(Q[A-Z]|qcustomplot)/) why = here ~ /^(ui|app)/ ? "" : "Qt below ui"
      else if (included ~ /^(core|methods|experiments|ui|app)\// && there == "") why = "no such room"
      else if (there == "" || here == there) why = ""
      else if (floor[there] >= floor[here]) why = there " is not below " here
      else if (torch[there] && !torch[here]) why = here " is torch-free, " there " is not"
      else why = ""
      if (why != "") print from ": " included ": " why
    }')
[ -z "$offending" ] || { printf '%s\n' "$offending"; exit 1; }
