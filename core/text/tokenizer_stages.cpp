#include "core/text/tokenizer_stages.h"

#include "core/base/error.h"
#include "core/base/remedy.h"
#include "core/text/unicode.h"

namespace diapason {
namespace {

constexpr std::size_t max_stages = 200;
constexpr std::size_t max_affix = 256; // bytes

std::size_t count_stages(const StageJson& value) {
    if (!value.is_structured()) return 0;
    std::size_t count = value.is_object() && value.contains("type") ? 1 : 0;
    for (const StageJson& part : value)
        count += count_stages(part); // no deeper than JSON is read
    return count;
}

} // namespace

void StagePlace::fail(const std::string& what, const std::string& value) const {
    if (field.empty()) throw input_error(file, what);
    // A message stays one line, whatever the file holds.
    std::string shown = encode_utf8(decode_utf8(value.substr(0, 120)));
    for (char& c : shown)
        if (static_cast<unsigned char>(c) < 0x20) c = ' ';
    std::string where = field;
    for (char& c : where)
        if (static_cast<unsigned char>(c) < 0x20) c = ' ';
    throw Error(ErrorKind::input, {what, file, where, shown, {}});
}

void StagePlace::rethrow(const Error& error) const {
    ErrorDetails details = error.details();
    if (!details.file.empty()) throw error; // a part of this stage has said it
    details.file = file;
    details.field = in_one_line(details.field.empty() ? field : (*this / details.field).field, 200);
    details.value = in_one_line(std::move(details.value), 120);
    throw Error(error.kind(), std::move(details));
}

const StageJson& stage_parts(const StageJson& object, const char* name, const StagePlace& place) {
    const auto found = object.find(name);
    if (found == object.end() || !found->is_array()) (place / name).fail("must be a list");
    if (found->size() > 1000) (place / name).fail("has more than 1000 parts");
    return *found;
}

void require_few_stages(const StageJson& object, const StagePlace& place) {
    if (const std::size_t count = count_stages(object); count > max_stages)
        place.fail("has " + std::to_string(count) + " stages, more than the limit of " + std::to_string(max_stages));
}

std::string stage_affix(const StageJson& object, const char* name, const std::string& fallback,
                        const StagePlace& place) {
    auto text = stage_value<std::string>(object, name, fallback, place);
    if (text.size() > max_affix) (place / name).fail("is longer than " + std::to_string(max_affix) + " bytes", text);
    return text;
}

Pattern stage_pattern(const StageJson& object, const StagePlace& place) {
    const auto found = object.find("pattern");
    if (found == object.end() || !found->is_object()) (place / "pattern").fail("is missing");
    if (found->contains("Regex")) {
        const StagePlace inner = place / "pattern";
        return Pattern::regex(stage_value<std::string>(*found, "Regex", "", inner), place.file,
                              (inner / "Regex").field);
    }
    if (!found->contains("String")) (place / "pattern").fail("must be String or Regex", found->dump());
    return Pattern::literal(decode_utf8(stage_value<std::string>(*found, "String", "", place / "pattern")));
}

char32_t stage_character(const StageJson& object, const char* name, char32_t fallback, const StagePlace& place) {
    const auto text = decode_utf8(stage_value<std::string>(object, name, encode_utf8({&fallback, 1}), place));
    if (text.size() != 1) (place / name).fail("is not one character", encode_utf8(text));
    return text[0];
}

} // namespace diapason
