// Which stored studies refer to a backbone.
#pragma once

#include "core/library/library.h"
#include "core/store/store_reader.h"

#include <vector>

namespace diapason {

/// Studies, trashed ones too, whose backbone is this one, study-wide or as a level of a factor, by name or by path.
std::vector<StudyRecord> studies_using(const StoreReader& reader, const BackboneEntry& backbone);

} // namespace diapason
