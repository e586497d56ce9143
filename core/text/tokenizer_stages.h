// The stages of a tokenizer.json: normalizer, pre-tokenizer, model, post-processor, decoder. Each `type` of the format
// is one small class behind one of these interfaces; a new type is a class and a line in its registry.
#pragma once

#include "core/base/error.h"
#include "core/text/aligned_text.h"
#include "core/text/pattern.h"
#include "core/text/post_processor.h"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace diapason {

/// Keys sorted: the ordered JSON of the rest of Diapason looks keys up one by one, which a vocabulary cannot afford.
using StageJson = nlohmann::json;

/// Where in which file something stands, for messages.
struct StagePlace {
    std::string file;
    std::string field;

    StagePlace operator/(const std::string& name) const { return {file, field.empty() ? name : field + "." + name}; }
    [[noreturn]] void fail(const std::string& what, const std::string& value = {}) const;
    /// An error that knows neither file nor the beginning of its field, with both.
    [[noreturn]] void rethrow(const Error& error) const;
};

class Normalizer {
public:
    virtual ~Normalizer() = default;
    virtual void apply(AlignedText& text) const = 0;
};

/// A text on its way to the model: the stretches of it that are words. What lies between them is dropped.
struct Words {
    AlignedText text;
    std::vector<Span> spans; ///< ascending, none empty
};

class PreTokenizer {
public:
    virtual ~PreTokenizer() = default;
    virtual void apply(Words& words) const = 0; ///< splits words; may rewrite the text
};

/// A token of one word: [begin, end) are bytes of the word's UTF-8.
struct WordToken {
    std::int64_t id = 0;
    std::uint32_t begin = 0;
    std::uint32_t end = 0;
    bool verbatim = false; ///< an unknown token that counts as the text it stands for
};

class TokenModel {
public:
    virtual ~TokenModel() = default;
    virtual void encode(std::string_view word, std::vector<WordToken>& tokens) const = 0; ///< appends
    virtual std::int64_t id_of(std::string_view piece) const = 0;                         ///< -1 when there is none
    virtual const std::vector<std::string>& pieces() const = 0;                           ///< by id; holes are empty
    virtual std::size_t entries() const = 0;                                              ///< without holes
};

class Decoder {
public:
    virtual ~Decoder() = default;
    /// The text is what the pieces are joined to. @param room bytes that they may become
    virtual void apply(std::vector<std::string>& pieces, std::size_t room) const = 0;
};

/// A stage that says where it stands when it cannot go on with a text.
template <typename Stage, typename... Subject>
class PlacedStage : public Stage {
public:
    PlacedStage(std::unique_ptr<Stage> stage, StagePlace place)
        : m_stage(std::move(stage)),
          m_place(std::move(place)) {}
    void apply(Subject... subject) const override {
        try {
            m_stage->apply(subject...);
        } catch (const Error& error) {
            m_place.rethrow(error);
        }
    }

private:
    std::unique_ptr<Stage> m_stage;
    StagePlace m_place;
};

/// Each reads one object of the file; null gives a stage that does nothing (a null pointer where there is a pointer).
/// @throws Error(input) naming file, field and type
std::unique_ptr<Normalizer> make_normalizer(const StageJson& object, const StagePlace& place);
std::unique_ptr<PreTokenizer> make_pre_tokenizer(const StageJson& object, const StagePlace& place);
std::unique_ptr<TokenModel> make_token_model(const StageJson& object, const StagePlace& place);
PostProcessor make_post_processor(const StageJson& object, const StagePlace& place);
std::unique_ptr<Decoder> make_decoder(const StageJson& object, const StagePlace& place);

/// Looks the object's type up in a table of makers. @throws Error(input) naming the type when it is not there
template <typename Table>
auto find_stage(const Table& table, const StageJson& object, const StagePlace& place, const char* what) {
    if (!object.is_object()) place.fail("must be an object");
    const auto type = object.find("type");
    if (type == object.end() || !type->is_string()) (place / "type").fail("is missing");
    const auto& name = type->template get_ref<const std::string&>();
    const auto found = table.find(name);
    if (found == table.end()) (place / "type").fail(std::string("unsupported: unknown ") + what, name);
    return found->second;
}

/// A field that may be absent or null. @throws Error(input) when it is of another type
template <typename Value>
Value stage_value(const StageJson& object, const char* name, Value fallback, const StagePlace& place) {
    const auto found = object.find(name);
    if (found == object.end() || found->is_null()) return fallback;
    // A fraction, or one that no integer holds, is no integer, though the library would convert it.
    constexpr bool integer = std::is_integral_v<Value> && !std::is_same_v<Value, bool>;
    const bool whole = found->is_number_integer() && (std::is_signed_v<Value> || *found >= 0);
    try {
        if (!integer || whole) return found->template get<Value>();
    } catch (const StageJson::exception&) {
        // said below
    }
    (place / name).fail("is of the wrong type", found->dump().substr(0, 60));
}
/// Objects with a type in all, sequences within sequences counted with their parts: each goes over the whole text.
/// @throws Error(input) when they are more than a tokenizer may have
void require_few_stages(const StageJson& object, const StagePlace& place);
/// A text that every character or piece is joined with. @throws Error(input) when it is too long for that
std::string stage_affix(const StageJson& object, const char* name, const std::string& fallback,
                        const StagePlace& place);
/// The list of parts of a Sequence. @throws Error(input)
const StageJson& stage_parts(const StageJson& object, const char* name, const StagePlace& place);
/// The field "pattern": {"String": "…"} or {"Regex": "…"}. @throws Error(input)
Pattern stage_pattern(const StageJson& object, const StagePlace& place);
/// A field that holds exactly one character. @throws Error(input)
char32_t stage_character(const StageJson& object, const char* name, char32_t fallback, const StagePlace& place);

} // namespace diapason
