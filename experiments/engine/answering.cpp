#include "experiments/engine/answering.h"

namespace diapason {

#define DIAPASON_TASK_KIND(name) const Answering& name##_answering();
#include "core/data/task_kinds.def"
#undef DIAPASON_TASK_KIND

const Answering& answering_of(const TaskKind& kind) {
    static const std::map<std::string, const Answering*> known = {
#define DIAPASON_TASK_KIND(name) {#name, &name##_answering()},
#include "core/data/task_kinds.def"
#undef DIAPASON_TASK_KIND
    };
    return *known.at(kind.name());
}

} // namespace diapason
