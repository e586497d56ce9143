#include "core/backbone/family.h"
#include "core/base/error.h"
#include "core/base/words.h"
#include "methods/catalog/infos.h"
#include "methods/catalog/method_info.h"

#include <algorithm>
#include <functional>
#include <numeric>
#include <stdexcept>

namespace diapason {

std::int64_t parameters_in(const std::vector<ExpectedTensor>& tensors) {
    std::int64_t count = 0;
    for (const ExpectedTensor& tensor : tensors) {
        if (tensor.constant) continue;
        count += std::accumulate(tensor.shape.begin(), tensor.shape.end(), std::int64_t{1}, std::multiplies<>());
    }
    return count;
}

std::vector<ExpectedTensor> pretrained_tensors(const BackboneConfig& config, const TaskShape& task) {
    std::vector<ExpectedTensor> tensors = backbone_tensors(config);
    const auto head = head_tensors(config, head_kind_from(task.head), task.classes).pretrained;
    tensors.insert(tensors.end(), head.begin(), head.end());
    return tensors;
}

const std::vector<MethodInfo>& method_catalog() {
    static const std::vector<MethodInfo> catalog = {
#define DIAPASON_METHOD(name) name##_info(),
#include "methods/methods.def"
    };
    return catalog;
}

std::vector<DeltaDrawing> drawings_at(const std::vector<Site>& sites, DeltaGlyph glyph, const std::string& caption) {
    std::vector<DeltaDrawing> drawings;
    for (const Site& site : sites) {
        const bool drawn = std::any_of(drawings.begin(), drawings.end(), [&](const DeltaDrawing& other) {
            return other.sublayer == site.sublayer && other.point == site.point;
        });
        if (!drawn) drawings.push_back({site.sublayer, site.point, glyph, caption});
    }
    return drawings;
}

bool answers_in_words(const MethodInfo& info, const Json& training) {
    return info.asks || training.value("answers", "head") == "words";
}

TaskShape shape_of(const Task& task, const BackboneConfig& config, bool in_words) {
    const char* language = config.encoder_decoder ? "seq2seq_lm" : config.causal ? "causal_lm" : "masked_lm";
    const std::string own = task.kind->head(in_words);
    return {own.empty() ? language : own, task.kind->outputs(task)};
}

std::string task_refusal(const Task& task, const BackboneConfig& config, bool in_words) {
    const HeadLayout heads = family_of(config).heads(config);
    BackboneAbilities abilities{
        config.family, config.causal || config.encoder_decoder, !heads.masked_dense.empty(), config.causal, {}};
    if (!heads.classifier.empty()) abilities.heads.emplace_back("sequence_classification");
    if (!heads.tagger.empty()) abilities.heads.emplace_back("token_classification");
    if (!heads.span.empty()) abilities.heads.emplace_back("extractive_span");
    return task.kind->refusal(abilities, in_words);
}

const MethodInfo* find_method(const std::string& id) {
    for (const MethodInfo& method : method_catalog()) {
        if (method.id == id) return &method;
    }
    return nullptr;
}

const MethodInfo& method_info(const std::string& id) {
    if (const MethodInfo* known = find_method(id)) return *known;
    std::vector<std::string> names;
    for (const MethodInfo& method : method_catalog())
        names.push_back(method.id);
    throw config_error("method", id, "there is no such method", did_you_mean(id, names));
}

OptionValues checked_options(const MethodInfo& info, const Json& given, const std::string& origin) {
    std::vector<Problem> problems;
    OptionValues values = OptionValues::from_json(info.options, given, info.id, problems);
    throw_if_any(problems, origin);
    return values;
}

const OptionDescriptor& option_of(const MethodInfo& info, const std::string& name) {
    for (const OptionDescriptor& option : info.options) {
        if (option.name == name) return option;
    }
    throw std::logic_error("no option " + info.id + "." + name);
}

std::int64_t head_parameter_count(const BackboneConfig& config, const TaskShape& task) {
    return parameters_in(head_tensors(config, head_kind_from(task.head), task.classes).trained);
}

std::int64_t pretrained_parameter_count(const BackboneConfig& config, const TaskShape& task) {
    return config.parameter_count() +
           parameters_in(head_tensors(config, head_kind_from(task.head), task.classes).pretrained);
}

} // namespace diapason
