#include "core/data/task_kind.h"

#include <string_view>

namespace diapason {

#define DIAPASON_TASK_KIND(name) const TaskKind& name##_kind();
#include "core/data/task_kinds.def"
#undef DIAPASON_TASK_KIND

const std::vector<const TaskKind*>& task_kinds() {
    static const std::vector<const TaskKind*> kinds = {
#define DIAPASON_TASK_KIND(name) &name##_kind(),
#include "core/data/task_kinds.def"
#undef DIAPASON_TASK_KIND
    };
    return kinds;
}

const TaskKind* find_task_kind(const std::string& name) {
    for (const TaskKind* kind : task_kinds()) {
        if (name == kind->name()) return kind;
    }
    return nullptr;
}

const TaskKind& default_task_kind() {
    return *task_kinds().front();
}

} // namespace diapason
