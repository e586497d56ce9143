#include "core/data/readers/record_reader.h"

#include "core/base/error.h"
#include "core/base/words.h"
#include "core/data/readers/json_rows.h"

#include <algorithm>
#include <iterator>
#include <optional>

namespace diapason {
namespace {

// A list is read entry by entry, whatever its lines.
RecordPath place_of_records(const RecordPath& path, const std::string& beginning) {
    const std::size_t first = beginning.find_first_not_of(" \t\r\n");
    const bool list = first != std::string::npos && beginning[first] == '[';
    return path.empty() && list ? RecordPath{every_entry} : path;
}

// The first of the records that is whole. What is wrong with the rest, or cut, is the reader's matter.
std::optional<Json> first_record(const std::string& text, const RecordPath& path,
                                 const std::function<bool(const Json&)>& is_header) {
    std::optional<Json> first;
    const auto take = [&](const std::string& record) {
        if (first) return;
        Json value = parse_json(record, {});
        if (!is_header(value)) first = std::move(value);
    };
    try {
        if (!path.empty()) {
            for_each_record_of(text, path, [&](const JsonRecord& record) { take(record.text); });
        } else {
            for (std::size_t begin = 0, end = 0; !first && (end = text.find('\n', begin)) != std::string::npos;
                 begin = end + 1) {
                const std::string line = text.substr(begin, end - begin);
                if (line.find_first_not_of(" \t\r") != std::string::npos) take(line);
            }
        }
    } catch (const Error&) {
    }
    return first;
}

// Whether every key of the paths stands in a text as JSON writes it.
bool names_all(const std::string& text, const std::vector<std::string>& paths) {
    return std::all_of(paths.begin(), paths.end(), [&](const std::string& path) {
        return text.find('"' + path.substr(path.rfind('.') + 1) + '"') != std::string::npos;
    });
}

Error missing(const std::string& key) {
    return input_error({}, "has no \"" + key + "\"");
}

} // namespace

bool RecordReader::fits(const Json& record) const {
    return std::all_of(m_form.keys.begin(), m_form.keys.end(),
                       [&](const std::string& key) { return value_at(record, key) != nullptr; });
}

bool RecordReader::is_header(const Json& record) const {
    return !m_form.header.empty() && record.is_object() && record.contains(m_form.header);
}

std::string RecordReader::recognised(const FileBeginning& beginning) const {
    // Most files are none of most formats: that is seen without taking them apart.
    std::vector<std::string> keys = m_form.keys;
    std::copy_if(m_form.records.begin(), m_form.records.end(), std::back_inserter(keys),
                 [](const std::string& key) { return key != every_entry; });
    if (!names_all(beginning.text, keys)) return {};
    const std::string text = beginning.whole ? beginning.text + '\n' : beginning.text;
    const auto first = first_record(text, place_of_records(m_form.records, text),
                                    [&](const Json& record) { return is_header(record); });
    if (first ? !fits(*first) : beginning.whole) return {};
    const std::size_t open = beginning.text.find_first_of("{[");
    if (!first && (open == std::string::npos || open != beginning.text.find_first_not_of(" \t\r\n"))) return {};
    return "its records have " + joined_by(m_form.keys, [](const std::string& key) { return '"' + key + '"'; });
}

void RecordReader::read(const ReadRequest& request, DataRows& rows) const {
    const AddRecord add_record = m_form.reading(request);
    const auto add = [&](const Json& record, std::size_t line) {
        if (is_header(record)) return;
        if (!record.is_object()) throw input_error({}, "is not a JSON object");
        add_record(record, line, rows);
    };
    bool whole = false;
    const RecordPath path = place_of_records(m_form.records, read_beginning(request.file, 1u << 12, whole));
    if (path.empty()) return for_each_json_line(request.file, rows.problems(), add);
    if (for_each_value(request, path, rows, add)) return;
    std::string place;
    for (const std::string& key : path)
        place += (place.empty() ? "" : ".") + key;
    throw input_error(request.file.string(),
                      std::string("is not of the format ") + m_form.name + " (" + m_form.title +
                          "): there are no records at " + place,
                      "Choose the reader that fits, or let the format be recognised");
}

const Json& needed_list(const Json& record, const std::string& key) {
    const Json* found = value_at(record, key);
    if (found == nullptr || !found->is_array()) throw missing(key);
    return *found;
}

std::string needed_text(const Json& record, const std::string& key) {
    const Json* found = value_at(record, key);
    if (found == nullptr || !found->is_string()) throw missing(key);
    return found->get<std::string>();
}

std::string optional_text(const Json& record, const std::string& key) {
    const Json* found = value_at(record, key);
    return found == nullptr || found->is_null() ? std::string() : needed_text(record, key);
}

std::string needed_value(const Json& record, const std::string& key) {
    const Json* found = value_at(record, key);
    if (found == nullptr || !(found->is_string() || found->is_number() || found->is_boolean())) throw missing(key);
    return plain_text(*found);
}

std::int64_t needed_number(const Json& record, const std::string& key) {
    const Json* found = value_at(record, key);
    if (found == nullptr || !found->is_number_integer() || found->get<std::int64_t>() < 0) throw missing(key);
    return found->get<std::int64_t>();
}

void for_each_part(const Json& record, const std::string& list, std::size_t line, DataRows& rows,
                   const std::function<void(const Json&, std::size_t)>& use) {
    std::size_t index = 0;
    for (const Json& part : needed_list(record, list)) {
        const auto use_part = [&] {
            if (!part.is_object()) throw input_error({}, "is not an object");
            use(part, index);
        };
        rows.problems().attempt(line, use_part, list + "[" + std::to_string(index) + "] ");
        ++index;
    }
}

} // namespace diapason
