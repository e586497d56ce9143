// The JSON Schema of study files, made from the option descriptors: resources/schema/study.schema.json.
#pragma once

#include "core/base/json.h"

namespace diapason {

/// Draft 2020-12. Editors complete and check study files with it; Diapason itself checks more (make_plan).
Json study_schema();

} // namespace diapason
