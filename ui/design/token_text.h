// Tokens as people read them: pieces with their ids.
#pragma once

#include "core/data/token_preview.h"

#include <QString>

namespace diapason::ui {

/// HTML of what a model reads of an example: each piece with its id below it, labels behind, what answers marked, what
/// is cut struck out.
QString tokenText(const ExamplePreview& preview);

} // namespace diapason::ui
