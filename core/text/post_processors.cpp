#include "core/base/error.h"
#include "core/text/tokenizer_stages.h"
#include "core/text/unicode.h"

namespace diapason {
namespace {

// Items of a TemplateProcessing: {"Sequence": {"id": "A", "type_id": 0}} or {"SpecialToken": {"id": "[CLS]", "type_id":
// 0}}.
std::vector<PostProcessor::Item> read_template(const Json& list, const Json& tokens, const std::string& origin) {
    std::vector<PostProcessor::Item> items;
    for (const Json& entry : list) {
        PostProcessor::Item item;
        if (entry.contains("Sequence")) {
            const Json& sequence = entry.at("Sequence");
            item.text = sequence.value("id", "A") == "A" ? 0 : 1;
            item.type_id = sequence.value("type_id", std::int64_t{0});
        } else {
            const Json& special = entry.at("SpecialToken");
            const std::string name = special.value("id", "");
            item.type_id = special.value("type_id", std::int64_t{0});
            if (!tokens.contains(name)) throw input_error(origin, "post_processor.special_tokens lacks " + name);
            item.ids = tokens.at(name).at("ids").get<std::vector<std::int64_t>>();
        }
        items.push_back(std::move(item));
    }
    return items;
}

PostProcessor plain() {
    PostProcessor processor;
    processor.single = {{0, {}, 0}};
    processor.pair = {{0, {}, 0}, {1, {}, 1}};
    return processor;
}

} // namespace

std::size_t PostProcessor::special_count(bool with_pair) const {
    std::size_t count = 0;
    for (const Item& item : with_pair ? pair : single)
        count += item.ids.size();
    return count;
}

PostProcessor make_post_processor(const Json& object, const std::string& origin) {
    if (object.is_null()) return plain();
    const std::string type = object.value("type", "");
    if (type == "ByteLevel") return plain(); // trims offsets only
    if (type == "TemplateProcessing") {
        PostProcessor processor;
        const Json tokens = object.value("special_tokens", Json::object());
        processor.single = read_template(object.at("single"), tokens, origin);
        processor.pair = read_template(object.at("pair"), tokens, origin);
        return processor;
    }
    if (type == "BertProcessing") {
        const auto id = [&](const char* field) { return object.at(field).at(1).get<std::int64_t>(); };
        PostProcessor processor;
        processor.single = {{-1, {id("cls")}, 0}, {0, {}, 0}, {-1, {id("sep")}, 0}};
        processor.pair = processor.single;
        processor.pair.push_back({1, {}, 1});
        processor.pair.push_back({-1, {id("sep")}, 1});
        return processor;
    }
    throw Error(ErrorKind::input,
                {"unsupported: this post-processor is not known", origin, "post_processor.type", type, {}});
}

} // namespace diapason
