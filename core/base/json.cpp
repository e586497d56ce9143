#include "core/base/json.h"

#include "core/base/error.h"
#include "core/base/remedy.h"

#include <charconv>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <limits>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace diapason {
namespace {

constexpr std::size_t max_depth = 64;
constexpr std::size_t max_values = 16'000'000; // a vocabulary of two millions with its merges as pairs

// "line 3, column 14" of a byte position.
std::string place_of(std::string_view text, std::size_t byte, std::size_t line) {
    std::size_t column = 1;
    for (std::size_t i = 0; i + 1 < byte && i < text.size(); ++i) {
        if (text[i] == '\n') {
            ++line;
            column = 1;
        } else {
            ++column;
        }
    }
    return "line " + std::to_string(line) + ", column " + std::to_string(column);
}

using KeptObject = Json::object_t;
using SortedObject = nlohmann::json::object_t;

// Adds a key that is not there yet. The library would look for it among all others of a kept order, one by one.
Json& add(KeptObject& object, std::string key) {
    object.emplace_back(std::move(key), Json());
    return object.back().second;
}
nlohmann::json& add(SortedObject& object, std::string key) {
    return object.emplace(std::move(key), nlohmann::json()).first->second;
}

// Builds a document as it is read, and checks what the library lets pass: duplicate keys, depth, number of values.
template <typename Document>
class Builder : public nlohmann::json_sax<Document> {
public:
    std::string problem;
    std::size_t position = 0;
    Document document;

    bool null() override { return put(Document()); }
    bool boolean(bool value) override { return put(Document(value)); }
    bool number_integer(typename Document::number_integer_t value) override { return put(Document(value)); }
    bool number_unsigned(typename Document::number_unsigned_t value) override { return put(Document(value)); }
    bool number_float(typename Document::number_float_t value, const std::string&) override {
        return put(Document(value));
    }
    bool string(std::string& value) override { return put(Document(std::move(value))); }
    bool binary(typename Document::binary_t&) override { return refuse("binary data"); } // no text holds any
    bool start_object(std::size_t) override { return enter(Document::object()); }
    bool end_object() override { return leave(); }
    bool start_array(std::size_t) override { return enter(Document::array()); }
    bool end_array() override { return leave(); }
    bool key(std::string& name) override {
        Level& level = m_open.back();
        if (!level.keys.insert(name).second) return refuse("key \"" + in_one_line(name, 200) + "\" appears twice");
        level.next = &add(level.value->template get_ref<typename Document::object_t&>(), std::move(name));
        return true;
    }
    bool parse_error(std::size_t at, const std::string&, const nlohmann::detail::exception&) override {
        position = at;
        return refuse("not valid JSON");
    }

private:
    struct Level {
        Document* value;            ///< an object or list; what is around it does not move while it is open
        Document* next = nullptr;   ///< where the value of an object's latest key goes
        std::set<std::string> keys; ///< of an object
    };

    bool refuse(std::string what) {
        problem = std::move(what);
        return false;
    }
    Document& place() {
        if (m_open.empty()) return document;
        Level& level = m_open.back();
        if (!level.value->is_array()) return *level.next;
        level.value->push_back(Document());
        return level.value->back();
    }
    bool put(Document value) {
        if (++m_values > max_values) return refuse("contains more than " + std::to_string(max_values) + " values");
        place() = std::move(value);
        return true;
    }
    bool enter(Document empty) {
        if (m_open.size() == max_depth) return refuse("nested more than " + std::to_string(max_depth) + " levels deep");
        Document& at = place();
        at = std::move(empty);
        m_open.push_back({&at, nullptr, {}});
        return ++m_values <= max_values || refuse("contains more than " + std::to_string(max_values) + " values");
    }
    bool leave() {
        m_open.pop_back();
        return true;
    }

    std::vector<Level> m_open;
    std::size_t m_values = 0;
};

template <typename Document>
Document parsed(std::string_view text, std::string_view origin, std::size_t first_line) {
    // The library takes it for the end of the text.
    if (const std::size_t at = text.find('\0'); at != std::string_view::npos)
        throw input_error(std::string(origin), "contains a NUL byte (" + place_of(text, at + 1, first_line) + ")");
    Builder<Document> builder;
    if (!Document::sax_parse(text.begin(), text.end(), &builder)) {
        std::string where =
            builder.position != 0 ? " (" + place_of(text, builder.position, first_line) + ")" : std::string();
        throw input_error(std::string(origin), builder.problem + where);
    }
    return std::move(builder.document);
}

} // namespace

Json parse_json(std::string_view text, std::string_view origin, std::size_t first_line) {
    return parsed<Json>(text, origin, first_line);
}

nlohmann::json parse_sorted_json(std::string_view text, std::string_view origin) {
    return parsed<nlohmann::json>(text, origin, 1);
}

std::string read_file(const std::filesystem::path& file, std::size_t max_bytes) {
    std::error_code error;
    if (!std::filesystem::is_regular_file(file, error)) throw input_error(file.string(), "no such file");
    const auto size = std::filesystem::file_size(file, error);
    if (error) throw input_error(file.string(), "cannot be read: " + error.message());
    if (size > max_bytes) {
        throw input_error(file.string(), "is " + std::to_string(size) + " bytes long, more than the limit of " +
                                             std::to_string(max_bytes));
    }
    std::ifstream stream(file, std::ios::binary);
    std::string content(size, '\0');
    if (!stream.read(content.data(), static_cast<std::streamsize>(size))) {
        throw input_error(file.string(), "cannot be read");
    }
    return content;
}

Json read_json(const std::filesystem::path& file, std::size_t max_bytes) {
    return parse_json(read_file(file, max_bytes), file.string());
}

Json number_to_json(double value) {
    if (std::isfinite(value)) return value;
    return std::isnan(value) ? "nan" : value > 0 ? "inf" : "-inf";
}

double number_from_json(const Json& json) {
    if (json.is_number()) return json.get<double>();
    const std::string text = json.is_string() ? json.get<std::string>() : json.dump();
    if (text == "nan") return std::nan("");
    if (text == "inf") return std::numeric_limits<double>::infinity();
    if (text == "-inf") return -std::numeric_limits<double>::infinity();
    throw Error(ErrorKind::input, "not a number: " + text);
}

Json path_to_json(const std::filesystem::path& path) {
    const std::string text = path.string();
    try {
        Json(text).dump();
        return text;
    } catch (const Json::exception&) {
        std::string bytes;
        for (const char c : text) {
            char digits[3];
            std::snprintf(digits, sizeof digits, "%02x", static_cast<unsigned char>(c));
            bytes += digits;
        }
        return {{"bytes", bytes}};
    }
}

std::filesystem::path path_from_json(const Json& json) {
    if (json.is_string()) return json.get<std::string>();
    std::string path;
    const std::string bytes = json.is_object() ? json.value("bytes", std::string()) : std::string();
    for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) {
        unsigned char byte = 0;
        const auto [end, error] = std::from_chars(bytes.data() + i, bytes.data() + i + 2, byte, 16);
        if (error != std::errc() || end != bytes.data() + i + 2)
            throw Error(ErrorKind::input, "not a path: " + json.dump());
        path += static_cast<char>(byte);
    }
    return path;
}

} // namespace diapason
