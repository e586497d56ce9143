// Texts as cells of a table, in each format: never more than a cell, and never more than text.
#pragma once

#include <string>

namespace diapason {

/// Quoted where RFC 4180 asks for it; the text itself is kept, line ends included. A text that a spreadsheet would take
/// for a formula gets an apostrophe; numbers stay numbers.
std::string csv_cell(const std::string& text, bool numeric);

std::string markdown_cell(const std::string& text); ///< one line; no HTML, no markup, no end of the cell

/// What a document needs for its characters: nothing; fonts in the encoding T1, for letters with accents; an engine
/// that reads Unicode.
enum class LatexNeeds { nothing, t1, unicode };

/// One line with LaTeX's own characters escaped, signs and Greek letters in math. @param needs raised where need be
std::string latex_cell(const std::string& text, LatexNeeds& needs);

} // namespace diapason
