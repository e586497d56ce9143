// Reading a JSON object field by field: every field with its type, and all that is wrong at once.
#pragma once

#include "core/base/json.h"
#include "core/base/options.h"

#include <cmath>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace diapason {

/// Collects problems with the addresses of their fields. What is null counts as absent.
/// What nobody has asked for when the reader goes is an unknown field, save in files of others, which may say more than
/// is read. The object outlives its reader.
///
/// @code
/// Fields fields(document, "", problems);
/// task.title = fields.text("title", task.id);
/// task.max_tokens = fields.integer("max_tokens", 128, 1, 1'000'000);
/// throw_if_any(problems, file); // when the reader is gone
/// @endcode
class Fields {
public:
    enum class Others { refused, ignored };

    /// @param place address of the object itself; empty = the document @param others fields that nobody asks for
    Fields(const Json& object, FieldPath place, std::vector<Problem>& problems, Others others = Others::refused);
    ~Fields();
    Fields(const Fields&) = delete;
    Fields& operator=(const Fields&) = delete;

    const Json* find(const std::string& key); ///< null when absent
    std::string text(const std::string& key, const std::string& fallback);
    std::string needed_text(const std::string& key); ///< that it is missing is a problem; empty then
    std::int64_t integer(const std::string& key, std::int64_t fallback, std::int64_t minimum = INT64_MIN,
                         std::int64_t maximum = INT64_MAX);
    double real(const std::string& key, double fallback, double minimum = -HUGE_VAL, double maximum = HUGE_VAL);
    bool flag(const std::string& key, bool fallback);
    const Json& object(const std::string& key); ///< empty when absent
    const Json& list(const std::string& key);   ///< empty when absent
    std::vector<std::string> texts(const std::string& key);
    std::vector<std::int64_t> integers(const std::string& key);
    /// An object of texts, in its order.
    std::vector<std::pair<std::string, std::string>> named_texts(const std::string& key);

    bool has(const std::string& key) const;
    void add(const std::string& key, const std::string& value, const std::string& what, const std::string& remedy = {});
    FieldPath address(const std::string& key) const; ///< of a field of this object; empty = its own
    std::vector<Problem>& problems() { return m_problems; }

private:
    const Json& of_type(const std::string& key, Json::value_t type, const char* what, const Json& otherwise);

    const Json& m_object;
    FieldPath m_place;
    std::vector<Problem>& m_problems;
    Others m_others;
    std::set<std::string> m_known;
};

} // namespace diapason
