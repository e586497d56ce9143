// Addresses of fields in documents.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace diapason {

/// A field's way through a document: names of fields and places in lists. It becomes text ("methods[1].options.rank")
/// where people read it; nobody takes that text apart again.
///
/// @code
/// const FieldPath entry = FieldPath("methods") / std::size_t{1};
/// problems.push_back({entry / "options" / "rank", "0", "out of range", {}});
/// if (problem.field.begins_with(entry)) mark(problem.field.last_name());
/// @endcode
class FieldPath {
public:
    FieldPath() = default;              ///< the document itself
    FieldPath(const std::string& name); ///< a field of it; empty = the document itself
    FieldPath(const char* name) : FieldPath(std::string(name)) {}

    FieldPath operator/(const std::string& name) const; ///< a field of what this leads to
    FieldPath operator/(std::size_t place) const;       ///< an entry of the list that this leads to, from 0

    bool empty() const { return m_steps.empty(); }
    /// The name at a step, from 0; empty beyond the end and where the step is a place.
    const std::string& name(std::size_t step) const;
    std::optional<std::size_t> place(std::size_t step) const; ///< nothing where the step is no place
    const std::string& last_name() const;                     ///< empty when there is none
    bool begins_with(const FieldPath& other) const;           ///< a path begins with itself, too

    std::string text() const;

    friend bool operator==(const FieldPath&, const FieldPath&) = default;

private:
    using Step = std::variant<std::string, std::size_t>;
    std::vector<Step> m_steps;
};

} // namespace diapason
