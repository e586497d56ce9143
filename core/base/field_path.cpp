#include "core/base/field_path.h"

#include <algorithm>

namespace diapason {
namespace {

const std::string no_name;

} // namespace

FieldPath::FieldPath(const std::string& name) {
    if (!name.empty()) m_steps.emplace_back(name);
}

FieldPath FieldPath::operator/(const std::string& name) const {
    FieldPath longer = *this;
    longer.m_steps.emplace_back(name);
    return longer;
}

FieldPath FieldPath::operator/(std::size_t place) const {
    FieldPath longer = *this;
    longer.m_steps.emplace_back(place);
    return longer;
}

const std::string& FieldPath::name(std::size_t step) const {
    const auto* name = step < m_steps.size() ? std::get_if<std::string>(&m_steps[step]) : nullptr;
    return name == nullptr ? no_name : *name;
}

std::optional<std::size_t> FieldPath::place(std::size_t step) const {
    const auto* place = step < m_steps.size() ? std::get_if<std::size_t>(&m_steps[step]) : nullptr;
    return place == nullptr ? std::nullopt : std::optional(*place);
}

const std::string& FieldPath::last_name() const {
    for (auto step = m_steps.rbegin(); step != m_steps.rend(); ++step) {
        if (const auto* name = std::get_if<std::string>(&*step)) return *name;
    }
    return no_name;
}

bool FieldPath::begins_with(const FieldPath& other) const {
    return other.m_steps.size() <= m_steps.size() &&
           std::equal(other.m_steps.begin(), other.m_steps.end(), m_steps.begin());
}

std::string FieldPath::text() const {
    std::string text;
    for (const Step& step : m_steps) {
        if (const auto* place = std::get_if<std::size_t>(&step))
            text += "[" + std::to_string(*place) + "]";
        else
            text += (text.empty() ? "" : ".") + std::get<std::string>(step);
    }
    return text;
}

} // namespace diapason
