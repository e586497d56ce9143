#include "core/data/field_values.h"

#include "core/base/error.h"
#include "core/base/real_number.h"
#include "core/base/words.h"

#include <cmath>
#include <optional>
#include <sstream>
#include <string_view>

namespace diapason {
namespace {

bool is_scalar(const Json& value) {
    return value.is_string() || value.is_number() || value.is_boolean();
}

bool counts_words(const std::string& field) {
    return field == "words" || field == "tags";
}

std::optional<double> finite_number(const std::string& text) {
    const auto number = real_number(without_extra_spaces(text));
    return number && std::isfinite(*number) ? number : std::nullopt;
}

std::string is_no_number(const std::string& text) {
    return "is not a number: \"" + text.substr(0, 60) + "\"";
}

std::vector<std::string> split_at(const std::string& text, char separator) {
    std::vector<std::string> parts;
    std::istringstream in(text);
    for (std::string part; std::getline(in, part, separator);) {
        if (part = without_extra_spaces(part); !part.empty()) parts.push_back(part);
    }
    return parts;
}

// A list as one text. What looks like JSON and is none is a text like any other.
Json list_of(const ExampleField& field, const std::string& text) {
    if (text.starts_with('[')) {
        try {
            if (Json list = parse_json(text, {}); list.is_array()) return list;
        } catch (const Error&) {
        }
    }
    return split_at(text, counts_words(field.name) ? ' ' : '|');
}

// --- One form of a field after the other: @return what is wrong
// --------------------------------------------------------

std::string set(Example& example, std::string Example::*member, const ExampleField&, const Json& value) {
    if (!is_scalar(value)) return "is not a string";
    example.*member = plain_text(value);
    return {};
}

std::string set(Example& example, double Example::*member, const ExampleField&, const Json& value) {
    if (!value.is_string() && !value.is_number()) return "is not a number";
    const auto number = finite_number(plain_text(value));
    if (!number) return is_no_number(plain_text(value));
    example.*member = *number;
    return {};
}

std::string set(Example& example, std::vector<std::string> Example::*member, const ExampleField& field,
                const Json& value) {
    if (value.is_string()) return set(example, member, field, list_of(field, value.get<std::string>()));
    if (!value.is_array()) return "is not a list";
    std::vector<std::string> list;
    for (const Json& entry : value) {
        if (!is_scalar(entry)) return "has an entry " + std::to_string(list.size() + 1) + " that is not a string";
        list.push_back(plain_text(entry));
    }
    example.*member = std::move(list);
    return {};
}

// One answer, {"text": …, "answer_start": …} or its text alone. @return nothing when it is neither
std::optional<TextSpan> answer_of(const Json& entry) {
    if (entry.is_string()) return TextSpan{entry.get<std::string>(), -1};
    if (!entry.is_object() || !entry.contains("text") || !entry.at("text").is_string()) return std::nullopt;
    TextSpan answer{entry.at("text").get<std::string>(), -1};
    if (!entry.contains("answer_start")) return answer;
    const Json& begin = entry.at("answer_start");
    if (!begin.is_number_integer() || begin.get<std::int64_t>() < 0) return std::nullopt;
    answer.begin = begin.get<std::int64_t>();
    return answer;
}

// {"text": […], "answer_start": […]} as one object an answer.
Json each_answer(const Json& columns) {
    Json list = Json::array();
    const Json& texts = columns.at("text");
    const Json begins = columns.value("answer_start", Json::array());
    for (std::size_t i = 0; i < texts.size(); ++i) {
        list.push_back({{"text", texts[i]}});
        if (begins.is_array() && i < begins.size()) list.back()["answer_start"] = begins[i];
    }
    return list;
}

std::string set(Example& example, std::vector<TextSpan> Example::*member, const ExampleField& field,
                const Json& value) {
    if (value.is_object() && value.contains("text") && value.at("text").is_array())
        return set(example, member, field, each_answer(value));
    if (value.is_string() && value.get_ref<const std::string&>().starts_with('[')) {
        const Json list = list_of(field, value.get<std::string>());
        if (list != value) return set(example, member, field, list);
    }
    std::vector<TextSpan> answers;
    for (const Json& entry : value.is_array() ? value : Json::array({value})) {
        const auto answer = answer_of(entry);
        if (!answer) return "contains no answer: " + entry.dump().substr(0, 60);
        if (!answer->text.empty()) answers.push_back(*answer);
    }
    example.*member = std::move(answers);
    return {};
}

std::string set_any(Example& example, const ExampleField& field, const Json& value) {
    return std::visit([&](auto member) { return set(example, member, field, value); }, field.value);
}

// "1" or "0" in a column that stands for a label.
std::optional<bool> indicator(const std::string& cell) {
    const std::string bare = without_extra_spaces(cell);
    if (bare == "1" || bare == "true" || bare == "True" || bare == "1.0") return true;
    if (bare.empty() || bare == "0" || bare == "false" || bare == "False" || bare == "0.0") return false;
    return std::nullopt;
}

} // namespace

std::string set_field(Example& example, const ExampleField& field, const Json& value) {
    return set_any(example, field, value);
}

std::string set_field(Example& example, const ExampleField& field, const ColumnNames& columns,
                      std::vector<std::string> cells) {
    if (const auto* text = std::get_if<std::string Example::*>(&field.value); text != nullptr && cells.size() == 1) {
        example.*(*text) = std::move(cells.front());
        return {};
    }
    if (cells.size() == 1) return set_any(example, field, cells.front());
    Json list = Json::array();
    for (std::size_t i = 0; i < cells.size(); ++i) {
        const auto said = std::string_view(field.name) == "labels" ? indicator(cells[i]) : std::nullopt;
        if (!said)
            list.push_back(std::move(cells[i]));
        else if (*said)
            list.push_back(columns[i]);
    }
    return set_any(example, field, list);
}

} // namespace diapason
