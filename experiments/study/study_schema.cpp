#include "experiments/study/study_schema.h"

#include "core/base/training_options.h"
#include "experiments/study/study.h"
#include "methods/catalog/method_info.h"

namespace diapason {
namespace {

Json value_schema(const OptionDescriptor& d) {
    Json schema = {{"title", d.label}, {"description", d.help}};
    switch (d.type) {
    case OptionType::integer:
        schema["type"] = "integer";
        break;
    case OptionType::real:
        schema["type"] = "number";
        break;
    case OptionType::boolean:
        schema["type"] = "boolean";
        break;
    case OptionType::choice:
        for (const OptionChoice& choice : d.choices)
            schema["enum"].push_back(choice.value);
        break;
    case OptionType::text:
    case OptionType::sites:
        schema["type"] = "string";
        break;
    }
    const auto bound = [&](const char* name, const std::optional<double>& value) {
        if (!value) return;
        if (d.type == OptionType::integer)
            schema[name] = static_cast<std::int64_t>(*value);
        else
            schema[name] = *value;
    };
    bound("minimum", d.minimum);
    bound("maximum", d.maximum);
    return schema;
}

Json object_schema(Json properties) {
    return {{"type", "object"}, {"properties", std::move(properties)}, {"additionalProperties", false}};
}

Json options_schema(const std::vector<OptionDescriptor>& descriptors) {
    Json properties = Json::object();
    for (const OptionDescriptor& d : descriptors) {
        properties[d.name] = value_schema(d);
        properties[d.name]["default"] = d.default_value;
    }
    return object_schema(std::move(properties));
}

Json levels_schema(Json value) {
    return {{"type", "array"}, {"minItems", 1}, {"items", std::move(value)}};
}

// Lists of values, of the method's options and of training options.
Json vary_schema(const MethodInfo& method) {
    Json properties = Json::object();
    for (const OptionDescriptor& d : method.options)
        properties[d.name] = levels_schema(value_schema(d));
    return {{"type", "object"},
            {"allOf", {{{"$ref", "#/$defs/training_levels"}}}},
            {"properties", std::move(properties)},
            {"unevaluatedProperties", false}};
}

Json training_levels_schema() {
    Json properties = Json::object();
    for (const OptionDescriptor& d : training_options())
        properties[training_address(d.name)] = levels_schema({{"$ref", "#/$defs/training/properties/" + d.name}});
    return {{"type", "object"}, {"properties", std::move(properties)}};
}

Json text(const char* description) {
    return {{"type", "string"}, {"description", description}};
}

} // namespace

Json study_schema() {
    Json methods = Json::array();
    for (const MethodInfo& method : method_catalog()) {
        Json properties = {{"method", {{"const", method.id}}},
                           {"options", options_schema(method.options)},
                           {"training", {{"$ref", "#/$defs/training"}}},
                           {"vary", vary_schema(method)}};
        Json presets = Json::array();
        for (const MethodPreset& preset : method.presets)
            presets.push_back(preset.name);
        if (!presets.empty())
            properties["preset"] = {{"enum", presets}, {"description", "Supplies the options that are not given"}};
        methods.push_back({{"title", method.label},
                           {"description", method.summary},
                           {"type", "object"},
                           {"properties", std::move(properties)},
                           {"required", {"method"}},
                           {"additionalProperties", false}});
    }
    methods.push_back(
        {{"title", "Every other method"},
         {"description", "As the last entry: all methods that no other entry names, with their defaults"},
         {"type", "object"},
         {"properties", {{"method", {{"const", every_other_method}}}, {"training", {{"$ref", "#/$defs/training"}}}}},
         {"required", {"method"}},
         {"additionalProperties", false}});
    const Json exclusion = {{"type", "object"},
                            {"properties",
                             {{"match", {{"type", "object"}, {"description", "Levels that must all match"}}},
                              {"reason", text("Why these arms are left out")}}},
                            {"required", {"match"}},
                            {"additionalProperties", false}};
    const Json level_lists = {{"type", "object"},
                              {"description", "Study-wide factors: backbone, task or training.<option>, each a list"},
                              {"additionalProperties", {{"type", "array"}, {"minItems", 1}}}};
    return {
        {"$schema", "https://json-schema.org/draft/2020-12/schema"},
        {"title", "Diapason study"},
        {"description", "Arms = methods × the levels they vary, minus exclusions; runs = arms × seeds."},
        {"type", "object"},
        {"properties",
         {{"format", {{"const", "diapason-study"}}},
          {"version", {{"const", 1}}},
          {"id", text("Short name for the command line")},
          {"title", text("One line")},
          {"question", text("What the study answers, in one sentence")},
          {"summary", text("What a reader should know before running it")},
          {"backbone", text("Name, or folder in the Hugging Face layout")},
          {"task", text("Id, task file, or your own TSV, CSV or JSONL file")},
          {"training", {{"$ref", "#/$defs/training"}}},
          {"methods", {{"type", "array"}, {"minItems", 1}, {"items", {{"oneOf", std::move(methods)}}}}},
          {"factors", level_lists},
          {"exclude", {{"type", "array"}, {"items", exclusion}}},
          {"seeds", {{"type", "array"}, {"minItems", 1}, {"items", {{"type", "integer"}, {"minimum", 0}}}}},
          {"baseline", text("Label of the arm that the others are compared with; the first arm if empty")},
          {"threads", {{"type", "integer"}, {"minimum", 1}, {"default", 1}}},
          {"device", text("cpu, cuda, cuda:N or auto")}}},
        {"required", {"format", "version", "title", "backbone", "task", "methods", "seeds"}},
        {"additionalProperties", false},
        {"$defs", {{"training", options_schema(training_options())}, {"training_levels", training_levels_schema()}}}};
}

} // namespace diapason
