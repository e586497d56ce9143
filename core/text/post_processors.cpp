#include "core/text/tokenizer_stages.h"

#include <map>

namespace diapason {
namespace {

using Items = std::vector<PostProcessor::Item>;

constexpr std::size_t max_special = 256; // tokens that a template puts around a text

std::int64_t token_id(const StageJson& value, const StagePlace& place) {
    if (!value.is_number_integer() || value < 0 || value > 0x7FFFFFFF) place.fail("is not a token id", value.dump());
    return value.get<std::int64_t>();
}

std::int64_t type_id_of(const StageJson& object, const StagePlace& place) {
    const auto id = stage_value(object, "type_id", std::int64_t{0}, place);
    if (id < 0 || id > 0xFFFF) (place / "type_id").fail("is not a type id", std::to_string(id));
    return id;
}

// Items are {"Sequence": {"id": "A", "type_id": 0}} or {"SpecialToken": {"id": "[CLS]", "type_id": 0}}.
Items read_template(const StageJson& object, const char* name, bool pair, const StagePlace& place) {
    Items items;
    const auto tokens = object.find("special_tokens");
    bool has[2] = {false, false};
    std::size_t special_tokens = 0;
    for (const StageJson& entry : stage_parts(object, name, place)) {
        const StagePlace here = place / (name + ("[" + std::to_string(items.size()) + "]"));
        PostProcessor::Item item;
        if (entry.is_object() && entry.contains("Sequence")) {
            const StageJson& sequence = entry.at("Sequence");
            item.text = stage_value<std::string>(sequence, "id", "A", here) == "A" ? 0 : 1;
            item.type_id = type_id_of(sequence, here);
            // A text that is repeated would be longer than what it was cut to.
            if (has[item.text]) here.fail("unsupported: a template that names a text twice");
            has[item.text] = true;
            if (item.text == 1 && !pair) here.fail("a template for one text names the second one");
        } else if (entry.is_object() && entry.contains("SpecialToken")) {
            const StageJson& special = entry.at("SpecialToken");
            const auto token = stage_value<std::string>(special, "id", "", here);
            item.type_id = type_id_of(special, here);
            if (tokens == object.end() || !tokens->is_object() || !tokens->contains(token))
                (place / "special_tokens").fail("lacks a token that a template names", token);
            const StagePlace list = place / "special_tokens" / token;
            for (const StageJson& id : stage_parts(tokens->at(token), "ids", list))
                item.ids.push_back(token_id(id, list / "ids"));
            special_tokens += item.ids.size();
            if (special_tokens > max_special)
                here.fail("puts more than " + std::to_string(max_special) + " special tokens around a text");
        } else {
            here.fail("must be Sequence or SpecialToken", entry.dump());
        }
        items.push_back(std::move(item));
    }
    if (!has[0] || has[1] != pair) (place / name).fail("does not name the texts it is for");
    return items;
}

// ["[SEP]", 102]
std::int64_t bracket_token(const StageJson& object, const char* name, const StagePlace& place) {
    const auto found = object.find(name);
    if (found == object.end() || !found->is_array() || found->size() != 2) (place / name).fail("is not [token, id]");
    return token_id(found->at(1), place / name);
}

void read_trimming(const StageJson& object, const StagePlace& place, PostProcessor& processor) {
    if (!stage_value(object, "trim_offsets", true, place)) return;
    processor.trim_offsets = true;
    processor.keep_first_space = stage_value(object, "add_prefix_space", true, place);
}

PostProcessor read_byte_level(const StageJson& object, const StagePlace& place) {
    PostProcessor processor;
    read_trimming(object, place, processor);
    return processor;
}

PostProcessor read_bert(const StageJson& object, const StagePlace& place) {
    const std::int64_t cls = bracket_token(object, "cls", place), sep = bracket_token(object, "sep", place);
    PostProcessor processor;
    processor.single = {{-1, {cls}, 0}, {0, {}, 0}, {-1, {sep}, 0}};
    processor.pair = {{-1, {cls}, 0}, {0, {}, 0}, {-1, {sep}, 0}, {1, {}, 1}, {-1, {sep}, 1}};
    return processor;
}

PostProcessor read_roberta(const StageJson& object, const StagePlace& place) {
    const std::int64_t cls = bracket_token(object, "cls", place), sep = bracket_token(object, "sep", place);
    PostProcessor processor;
    processor.single = {{-1, {cls}, 0}, {0, {}, 0}, {-1, {sep}, 0}};
    processor.pair = {{-1, {cls}, 0}, {0, {}, 0}, {-1, {sep, sep}, 0}, {1, {}, 0}, {-1, {sep}, 0}};
    read_trimming(object, place, processor);
    return processor;
}

PostProcessor read_templates(const StageJson& object, const StagePlace& place) {
    PostProcessor processor;
    processor.single = read_template(object, "single", false, place);
    processor.pair = read_template(object, "pair", true, place);
    return processor;
}

// Trimming of one and templates of another; two that add tokens would wrap each other's.
PostProcessor read_sequence(const StageJson& object, const StagePlace& place) {
    PostProcessor all;
    std::size_t adding = 0, index = 0;
    for (const StageJson& part : stage_parts(object, "processors", place)) {
        const StagePlace here = place / ("processors[" + std::to_string(index++) + "]");
        PostProcessor one = make_post_processor(part, here);
        if (one.trim_offsets) {
            all.trim_offsets = true;
            all.keep_first_space = one.keep_first_space;
        }
        if (part.is_null() || part.value("type", "") == "ByteLevel") continue;
        if (++adding > 1) here.fail("unsupported: a second part that adds special tokens");
        all.single = std::move(one.single);
        all.pair = std::move(one.pair);
    }
    return all;
}

} // namespace

std::size_t PostProcessor::special_count(bool with_pair) const {
    std::size_t count = 0;
    for (const Item& item : with_pair ? pair : single)
        count += item.ids.size();
    return count;
}

PostProcessor make_post_processor(const StageJson& object, const StagePlace& place) {
    static const std::map<std::string, PostProcessor (*)(const StageJson&, const StagePlace&)> makers = {
        {"BertProcessing", read_bert}, {"ByteLevel", read_byte_level},         {"RobertaProcessing", read_roberta},
        {"Sequence", read_sequence},   {"TemplateProcessing", read_templates},
    };
    if (object.is_null()) return {};
    return find_stage(makers, object, place, "post-processor")(object, place);
}

} // namespace diapason
