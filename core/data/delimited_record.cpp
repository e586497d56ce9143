#include "core/data/delimited_record.h"

#include "core/data/lines.h"

#include <utility>

namespace diapason {

bool DelimitedRecord::add_line(const std::string& line) {
    m_bytes += line.size() + 1;
    if (m_open)
        m_cells.back().push_back('\n');
    else
        m_cells.emplace_back();
    for (std::size_t i = 0; i < line.size(); ++i) {
        const char c = line[i];
        if (m_open) {
            if (c != '"')
                m_cells.back().push_back(c);
            else if (i + 1 < line.size() && line[i + 1] == '"')
                m_cells.back().push_back(line[++i]);
            else
                m_open = !(m_closed = true);
        } else if (c == m_dialect.separator) {
            m_closed = false;
            if (m_cells.size() <= max_columns) m_cells.emplace_back();
        } else if (m_dialect.quotes && c == '"' && m_cells.back().empty() && !m_closed) {
            m_open = m_quoted = true;
        } else {
            m_torn = m_torn || m_closed;
            m_cells.back().push_back(c);
        }
    }
    if (!m_open) m_closed = false;
    return !m_open || too_long();
}

bool DelimitedRecord::too_long() const {
    return m_bytes > max_line_bytes;
}

std::vector<std::string> DelimitedRecord::take() {
    m_bytes = 0;
    m_open = m_closed = m_quoted = m_torn = false;
    return std::exchange(m_cells, {});
}

} // namespace diapason
