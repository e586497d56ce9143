#include "core/base/text_table.h"

#include <algorithm>

namespace diapason {
namespace {

// Characters on a terminal: code points, none of ours is wide.
std::size_t width_of(const std::string& text) {
    return static_cast<std::size_t>(
        std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

} // namespace

std::string text_table(const std::vector<std::vector<std::string>>& rows, const std::vector<bool>& right, bool ruled) {
    std::vector<std::size_t> widths;
    for (const auto& row : rows) {
        widths.resize(std::max(widths.size(), row.size()), 0);
        for (std::size_t i = 0; i < row.size(); ++i)
            widths[i] = std::max(widths[i], width_of(row[i]));
    }
    std::string text;
    const auto line = [&](const std::vector<std::string>& cells) {
        std::string row;
        for (std::size_t i = 0; i < cells.size(); ++i) {
            const std::string space(widths[i] - width_of(cells[i]), ' ');
            row += i == 0 ? "" : "  ";
            row += i < right.size() && right[i] ? space + cells[i] : cells[i] + space;
        }
        row.resize(row.find_last_not_of(' ') + 1);
        text += row + "\n";
    };
    for (const auto& row : rows) {
        line(row);
        if (!ruled || &row != &rows.front()) continue;
        std::vector<std::string> rule;
        for (const std::size_t width : widths)
            rule.emplace_back(width, '-');
        line(rule);
    }
    return text;
}

} // namespace diapason
