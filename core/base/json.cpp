#include "core/base/json.h"

#include "core/base/error.h"

#include <charconv>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <limits>
#include <set>
#include <string>
#include <vector>

namespace diapason {
namespace {

constexpr std::size_t max_depth = 64;

// "line 3, column 14" of a byte position.
std::string place_of(std::string_view text, std::size_t byte) {
    std::size_t line = 1;
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

// Checks what the library lets pass (duplicate keys, depth) while it parses; builds nothing.
class StrictReader : public nlohmann::json_sax<Json> {
public:
    std::string problem;
    std::size_t position = 0;

    bool null() override { return true; }
    bool boolean(bool) override { return true; }
    bool number_integer(number_integer_t) override { return true; }
    bool number_unsigned(number_unsigned_t) override { return true; }
    bool number_float(number_float_t, const string_t&) override { return true; }
    bool string(string_t&) override { return true; }
    bool binary(binary_t&) override { return true; }
    bool start_object(std::size_t) override { return enter(); }
    bool end_object() override { return leave(); }
    bool start_array(std::size_t) override { return enter(); }
    bool end_array() override { return leave(); }
    bool key(string_t& name) override {
        if (m_keys.back().insert(name).second) return true;
        problem = "key \"" + name + "\" appears twice";
        return false;
    }
    bool parse_error(std::size_t at, const std::string&, const nlohmann::detail::exception&) override {
        position = at;
        problem = "not valid JSON";
        return false;
    }

private:
    bool enter() {
        m_keys.emplace_back();
        if (m_keys.size() <= max_depth) return true;
        problem = "nested more than " + std::to_string(max_depth) + " levels deep";
        return false;
    }
    bool leave() {
        m_keys.pop_back();
        return true;
    }

    std::vector<std::set<std::string>> m_keys;
};

void check(std::string_view text, std::string_view origin) {
    // The library takes it for the end of the text.
    if (const std::size_t at = text.find('\0'); at != std::string_view::npos)
        throw input_error(std::string(origin), "contains a NUL byte (" + place_of(text, at + 1) + ")");
    StrictReader reader;
    if (!Json::sax_parse(text.begin(), text.end(), &reader)) {
        std::string where = reader.position != 0 ? " (" + place_of(text, reader.position) + ")" : std::string();
        throw input_error(std::string(origin), reader.problem + where);
    }
}

} // namespace

Json parse_json(std::string_view text, std::string_view origin) {
    check(text, origin);
    return Json::parse(text.begin(), text.end());
}

nlohmann::json parse_sorted_json(std::string_view text, std::string_view origin) {
    check(text, origin);
    return nlohmann::json::parse(text.begin(), text.end());
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
