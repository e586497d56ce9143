// Options as a table of a Markdown document: what forms and command-line help say, to be read.
#pragma once

#include "core/base/options.h"

#include <string>
#include <vector>

namespace diapason {

/// A text of our own, which may have markup, as a cell of a Markdown table: no line breaks, no unescaped bars; a dash
/// where there is nothing.
std::string document_cell(const std::string& text);

/// Name, range, default, meaning and source, a row an option; "No options." without any.
std::string markdown_table(const std::vector<OptionDescriptor>& options);

} // namespace diapason
