// One record of a table in a text file, out of lines.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace diapason {

/// How a table is written as text.
struct Dialect {
    char separator = ',';
    bool quotes = true; ///< as in RFC 4180: a cell that begins with a quote may hold separators and line ends
    friend bool operator==(const Dialect&, const Dialect&) = default;
};

/// A cell takes more memory than its separator: a line of nothing else would take eight times a long text's. One cell
/// more than there may be says that there are too many.
inline constexpr std::size_t max_columns = 10'000;

/// The cells of one record, which may go on over several lines while a quote is open.
class DelimitedRecord {
public:
    explicit DelimitedRecord(Dialect dialect) : m_dialect(dialect) {}

    /// @return true when the record is complete, or too long to go on
    bool add_line(const std::string& line);
    bool open() const { return m_open; }
    bool too_long() const;
    /// Whether a cell was between quotes.
    bool quoted() const { return m_quoted; }
    /// Whether a quote was closed in the middle of a cell: then quotes were no quotes.
    bool torn() const { return m_torn; }
    std::vector<std::string> take();

private:
    Dialect m_dialect;
    std::vector<std::string> m_cells;
    std::size_t m_bytes = 0;
    bool m_open = false, m_closed = false, m_quoted = false, m_torn = false;
};

} // namespace diapason
