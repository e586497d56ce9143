#!/usr/bin/env bash
# Dependencies point down only: app -> ui -> experiments -> methods -> core. Prints every include that does not.
set -u
cd "$1" || exit 1
failed=0
complain() { # TEXT, offending lines on standard input
  local lines
  lines=$(cat)
  [ -z "$lines" ] && return
  printf '%s\n%s\n' "$1" "$lines"
  failed=1
}
search() { grep -nE "$1" -r "${@:2}" --include='*.h' --include='*.cpp' 2>/dev/null; }

search '#include *"(methods|experiments|ui|app)/' core | complain 'core/ includes a layer above it:'
search '#include *"(experiments|ui|app)/' methods | complain 'methods/ includes a layer above it:'
search '#include *"(ui|app)/' experiments | complain 'experiments/ includes a layer above it:'
search '#include *"app/' ui | complain 'ui/ includes app/:'
search '#include *[<"](torch|ATen|c10)/' ui app core/base core/store core/text core/data core/backbone core/kernels methods/catalog |
  complain 'torch below the window or in a torch-free folder:'
grep -nE '#include *[<"](torch|ATen|c10)/' experiments/*.h experiments/*.cpp methods/*.h 2>/dev/null | grep -v '^methods/method\.h' |
  complain 'torch in a torch-free header or source:'
search '#include *<torch/torch\.h>' . | grep -v '^./\(build\|\.deps\)/' | complain 'torch/torch.h takes 20 s a unit; include lean headers:'
search '#include *[<"](Q[A-Z]|qcustomplot)' core methods experiments | complain 'Qt below ui/:'
search '#include *"core/(model|train|eval)/' ui app | complain 'the window or the programs include the engine:'
exit $failed
