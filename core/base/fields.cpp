#include "core/base/fields.h"

#include "core/base/remedy.h"
#include "core/base/words.h"

namespace diapason {
namespace {

constexpr std::size_t most_shown = 200; // bytes of a value in a message

std::string shown(const Json& value) {
    return in_one_line(value.dump(), most_shown);
}

// Unsigned numbers beyond the signed ones would come back negative.
bool is_whole(const Json& value) {
    return value.is_number_integer() &&
           (!value.is_number_unsigned() || value.get<std::uint64_t>() <= std::uint64_t(INT64_MAX));
}

} // namespace

Fields::Fields(const Json& object, FieldPath place, std::vector<Problem>& problems, Others others)
    : m_object(object),
      m_place(std::move(place)),
      m_problems(problems),
      m_others(others) {
    if (!object.is_object() && !object.is_null()) add({}, shown(object), "must be an object");
}

Fields::~Fields() {
    if (!m_object.is_object() || m_others == Others::ignored) return;
    for (const auto& [key, value] : m_object.items()) {
        if (m_known.count(key) == 0)
            add(key, {}, "there is no such field", did_you_mean(key, {m_known.begin(), m_known.end()}));
    }
}

const Json* Fields::find(const std::string& key) {
    m_known.insert(key);
    return has(key) ? &m_object.at(key) : nullptr;
}

bool Fields::has(const std::string& key) const {
    return m_object.is_object() && m_object.contains(key) && !m_object.at(key).is_null();
}

std::string Fields::text(const std::string& key, const std::string& fallback) {
    const Json* value = find(key);
    if (value == nullptr) return fallback;
    if (value->is_string()) return value->get<std::string>();
    add(key, shown(*value), "must be a string");
    return fallback;
}

std::string Fields::needed_text(const std::string& key) {
    if (find(key) == nullptr) add(key, {}, "is missing");
    return text(key, {});
}

std::int64_t Fields::integer(const std::string& key, std::int64_t fallback, std::int64_t minimum,
                             std::int64_t maximum) {
    const Json* value = find(key);
    if (value == nullptr) return fallback;
    if (is_whole(*value) && value->get<std::int64_t>() >= minimum && value->get<std::int64_t>() <= maximum)
        return value->get<std::int64_t>();
    const bool any = minimum == INT64_MIN && maximum == INT64_MAX;
    add(key, shown(*value),
        any ? "must be a whole number"
            : "must be a whole number from " + std::to_string(minimum) + " to " + std::to_string(maximum));
    return fallback;
}

double Fields::real(const std::string& key, double fallback, double minimum, double maximum) {
    const Json* value = find(key);
    if (value == nullptr) return fallback;
    if (value->is_number() && value->get<double>() >= minimum && value->get<double>() <= maximum)
        return value->get<double>();
    const bool any = std::isinf(minimum) && std::isinf(maximum);
    add(key, shown(*value),
        any ? "must be a number" : "must be a number from " + Json(minimum).dump() + " to " + Json(maximum).dump());
    return fallback;
}

bool Fields::flag(const std::string& key, bool fallback) {
    const Json* value = find(key);
    if (value == nullptr) return fallback;
    if (value->is_boolean()) return value->get<bool>();
    add(key, shown(*value), "must be true or false");
    return fallback;
}

const Json& Fields::of_type(const std::string& key, Json::value_t type, const char* what, const Json& otherwise) {
    // NOLINTBEGIN(bugprone-return-const-ref-from-parameter): both callers give what lives for ever
    const Json* value = find(key);
    if (value == nullptr) return otherwise;
    if (value->type() == type) return *value;
    add(key, shown(*value), what);
    return otherwise;
    // NOLINTEND(bugprone-return-const-ref-from-parameter)
}

const Json& Fields::object(const std::string& key) {
    static const Json none = Json::object();
    return of_type(key, Json::value_t::object, "must be an object", none);
}

const Json& Fields::list(const std::string& key) {
    static const Json none = Json::array();
    return of_type(key, Json::value_t::array, "must be a list", none);
}

std::vector<std::string> Fields::texts(const std::string& key) {
    std::vector<std::string> found;
    std::size_t index = 0;
    for (const Json& value : list(key)) {
        if (value.is_string())
            found.push_back(value.get<std::string>());
        else
            add(key + "[" + std::to_string(index) + "]", shown(value), "must be a string");
        ++index;
    }
    return found;
}

std::vector<std::int64_t> Fields::integers(const std::string& key) {
    std::vector<std::int64_t> found;
    std::size_t index = 0;
    for (const Json& value : list(key)) {
        if (is_whole(value))
            found.push_back(value.get<std::int64_t>());
        else
            add(key + "[" + std::to_string(index) + "]", shown(value), "must be a whole number");
        ++index;
    }
    return found;
}

std::vector<std::pair<std::string, std::string>> Fields::named_texts(const std::string& key) {
    std::vector<std::pair<std::string, std::string>> found;
    for (const auto& [name, value] : object(key).items()) {
        if (value.is_string())
            found.emplace_back(name, value.get<std::string>());
        else
            add(key + "." + name, shown(value), "must be a string");
    }
    return found;
}

void Fields::add(const std::string& key, const std::string& value, const std::string& what, const std::string& remedy) {
    m_problems.push_back({address(key), value, what, remedy});
}

FieldPath Fields::address(const std::string& key) const {
    return key.empty() ? m_place : m_place / key;
}

} // namespace diapason
