#include "experiments/engine/verify/metric_case.h"

#include "core/base/error.h"
#include "core/data/metrics.h"
#include "core/data/metrics/answers.h"
#include "core/data/metrics/likelihood.h"
#include "core/data/metrics/porter_stemmer.h"
#include "core/data/metrics/spans.h"
#include "core/text/unicode.h"

#include <algorithm>
#include <functional>
#include <set>

namespace diapason {
namespace {

struct Case {
    const Json& line;
    const Json& input;
    /// Of the line, without those that are null: they stand for defaults.
    Json params() const {
        Json given = Json::object();
        if (!line.contains("params")) return given;
        for (const auto& [name, value] : line.at("params").items()) {
            if (!value.is_null()) given[name] = value;
        }
        return given;
    }
};

Json json_of(std::optional<double> value, double scale = 1) {
    return value ? Json(*value * scale) : Json();
}

Error unsupported(const std::string& what) {
    return Error(ErrorKind::input, "unsupported: " + what);
}

// A metric of ours with a line's parameters, over a line's data.
struct Scored {
    const MetricInfo& metric;
    Outcomes outcomes;
    OptionValues options;
    std::unique_ptr<Scorer> scorer;
    MetricScore score;

    Scored(const std::string& name, Outcomes data, const Json& params = Json::object())
        : metric(metric_info(name)),
          outcomes(std::move(data)),
          options(checked(params)),
          scorer(scorer_of(metric, outcomes, options)),
          score(scorer->score()) {}

    Json value(double scale = 1) const { return json_of(score.value, scale); }
    Json part(const std::string& name) const {
        const auto found = std::find_if(score.parts.begin(), score.parts.end(),
                                        [&](const NamedScore& part) { return part.name == name; });
        if (found == score.parts.end()) throw std::logic_error(metric.name + " has no part " + name);
        return json_of(found->value);
    }
    /// name.0, name.1, …
    Json list(const std::string& name, double scale = 1) const {
        Json list = Json::array();
        for (const NamedScore& part : score.parts) {
            if (part.name == name + "." + std::to_string(list.size())) list.push_back(json_of(part.value, scale));
        }
        return list;
    }
    Json items(double scale = 1) const {
        Json list = Json::array();
        for (std::size_t item = 0; item < scorer->items(); ++item)
            list.push_back(json_of(scorer->item_value(item), scale));
        return list;
    }
    /// Without the metric's name in front, which sacreBLEU's signatures do not have.
    std::string signature() const { return metric.definition.text(options, reference_count(outcomes)); }

private:
    OptionValues checked(const Json& params) const {
        std::vector<Problem> problems;
        OptionValues values = OptionValues::from_json(metric.options, params, "params", problems);
        if (!problems.empty()) throw unsupported(to_line(problems.front()));
        return values;
    }
};

TextOutcomes texts_of(const Case& from) {
    const Json& data = from.input.is_null() ? from.line : from.input;
    return {data.at("hyps").get<std::vector<std::string>>(),
            data.at("refs").get<std::vector<std::vector<std::string>>>()};
}

// Which texts are compared is the metric's own affair; a case that says so must say the same.
Json without_tokenizer(Json params) {
    const std::string tokenizer = params.value("tokenize", "lowercase+whitespace");
    if (tokenizer != "lowercase+whitespace") throw unsupported("params.tokenize = " + tokenizer);
    params.erase("tokenize");
    return params;
}

Json bleu(const Case& from) {
    const Scored of("bleu", texts_of(from), from.params());
    return {{"score", of.value(100)},        {"counts", of.list("counts")},
            {"totals", of.list("totals")},   {"precisions", of.list("precisions", 100)},
            {"bp", of.part("bp")},           {"sys_len", of.part("sys_len")},
            {"ref_len", of.part("ref_len")}, {"signature", of.signature()}};
}

Json chrf(const Case& from) {
    const Scored of("chrf", texts_of(from), from.params());
    return {{"score", of.value(100)}, {"signature", of.signature()}};
}

Json ter(const Case& from) {
    const Scored of("ter", texts_of(from), from.params());
    return {{"score", of.value(100)},
            {"num_edits", of.part("num_edits")},
            {"ref_length", of.part("ref_length")},
            {"signature", of.signature()}};
}

Json sentences(const Case& from) {
    return {{"scores", Scored(from.line.at("metric").get<std::string>(), texts_of(from), from.params()).items(100)}};
}

Json rouge(const Case& from) {
    const Json& expected = from.line.at("expected");
    const Json asked = expected.contains("per_item_f") ? expected.at("per_item_f") : Json::object();
    Json values = {{"per_item_f", Json::object()}};
    for (const auto& [theirs, ours] : {std::pair{"rouge1", "rouge_1"},
                                       {"rouge2", "rouge_2"},
                                       {"rouge3", "rouge_3"},
                                       {"rougeL", "rouge_l"},
                                       {"rougeLsum", "rouge_lsum"}}) {
        const Scored of(ours, texts_of(from), from.params());
        values[theirs] = {{"fmeasure", of.value()}, {"precision", of.part("precision")}, {"recall", of.part("recall")}};
        if (asked.contains(theirs)) values["per_item_f"][theirs] = of.items();
    }
    return values;
}

Json stem(const Case& from) {
    return {{"stem", encode_utf8(porter_stem(decode_utf8(from.line.at("word").get<std::string>())))}};
}

Json nist(const Case& from) {
    return {{"score", Scored("nist", texts_of(from), without_tokenizer(from.params())).value()}};
}

Json meteor(const Case& from) {
    const Scored of("meteor_exact_stem", texts_of(from), without_tokenizer(from.params()));
    return {{"mean", of.value()}, {"scores", of.items()}};
}

Json classification(const Case& from) {
    const Json &labels = from.line.at("labels"), &predictions = from.line.at("predictions");
    std::set<nlohmann::json> known(labels.begin(), labels.end());
    known.insert(predictions.begin(), predictions.end());
    const std::vector<nlohmann::json> classes(known.begin(), known.end());
    ClassOutcomes outcomes;
    // Numbers are their own classes: the positive one is 1 even where it does not occur.
    const bool numbers = std::all_of(classes.begin(), classes.end(), [](const auto& one) { return one.is_number(); });
    const auto number_of = [&](const nlohmann::json& one) {
        return numbers ? one.get<std::int64_t>() : std::find(classes.begin(), classes.end(), one) - classes.begin();
    };
    for (std::size_t i = 0; i < labels.size(); ++i) {
        outcomes.expected.push_back(number_of(labels[i]));
        outcomes.predicted.push_back(number_of(predictions.at(i)));
        outcomes.classes = std::max({outcomes.classes, outcomes.expected.back() + 1, outcomes.predicted.back() + 1});
    }
    Json values = {{"classes", classes}, {"per_class_f1", Json::array()}};
    for (const auto& [theirs, ours] : {std::pair{"accuracy", "accuracy"},
                                       {"macro_f1", "macro_f1"},
                                       {"micro_f1", "micro_f1"},
                                       {"weighted_f1", "weighted_f1"},
                                       {"mcc", "matthews"},
                                       {"macro_precision", "macro_precision"},
                                       {"macro_recall", "macro_recall"},
                                       {"cohen_kappa", "cohen_kappa"},
                                       {"balanced_accuracy", "balanced_accuracy"},
                                       {"f1", "binary_f1"},
                                       {"precision", "binary_precision"},
                                       {"recall", "binary_recall"}})
        values[theirs] = Scored(ours, outcomes).value();
    const Scored macro("macro_f1", outcomes);
    for (const nlohmann::json& one : classes)
        values["per_class_f1"].push_back(macro.part("per_class_f1." + std::to_string(number_of(one))));
    return values;
}

Json correlation(const Case& from) {
    const NumberOutcomes outcomes{from.line.at("x").get<std::vector<double>>(),
                                  from.line.at("y").get<std::vector<double>>()};
    return {{"pearson", Scored("pearson", outcomes).value()},
            {"spearman", Scored("spearman", outcomes).value()},
            {"kendall_b", Scored("kendall", outcomes).value()}};
}

Json squad(const Case& from) {
    const auto prediction = from.line.at("prediction").get<std::string>();
    const TextOutcomes outcomes{{prediction}, {from.line.at("answers").get<std::vector<std::string>>()}};
    return {{"normalized_prediction", encode_utf8(normalized_answer(prediction))},
            {"exact_match", Scored("squad_em", outcomes).value()},
            {"f1_squad1", Scored("squad_f1", outcomes).value()},
            {"f1_squad2", Scored("squad_f1", outcomes, {{"squad", "2.0"}}).value()}};
}

Json multirc(const Case& from) {
    SetOutcomes outcomes;
    const auto chosen = [](const Json& flags) {
        std::vector<std::int64_t> places;
        for (std::size_t i = 0; i < flags.size(); ++i) {
            if (flags[i].get<int>() == 1) places.push_back(static_cast<std::int64_t>(i));
        }
        return places;
    };
    for (const Json& question : from.line.at("questions")) {
        outcomes.expected.push_back(chosen(question.at("labels")));
        outcomes.predicted.push_back(chosen(question.at("predictions")));
        outcomes.choices.push_back(static_cast<std::int64_t>(question.at("labels").size()));
    }
    return {{"exact_match", Scored("set_match", outcomes).value()},
            {"f1_a", Scored("set_micro_f1", outcomes).value()},
            {"f1_m_binary_official", Scored("set_item_f1", outcomes).value()},
            {"f1_m_macro", Scored("set_item_macro_f1", outcomes).value()}};
}

Json span_f1(const Case& from) {
    const TagOutcomes outcomes{from.line.at("predictions").get<std::vector<std::vector<std::string>>>(),
                               from.line.at("labels").get<std::vector<std::vector<std::string>>>()};
    Json params = from.params();
    if (params.value("scheme", "default") == "default") params["scheme"] = "conlleval";
    const Scored of("span_f1", outcomes, params);
    Json types = Json::object(), spans = Json::array();
    const std::string prefix = "per_type_f1.";
    for (const NamedScore& part : of.score.parts) {
        if (part.name.starts_with(prefix)) types[part.name.substr(prefix.size())] = json_of(part.value);
    }
    for (const std::vector<std::string>& tags : outcomes.predicted) {
        Json& of_item = spans.emplace_back(Json::array());
        for (const TaggedSpan& span : tag_scheme(params.at("scheme").get<std::string>()).spans(tags))
            of_item.push_back({span.type, span.first, span.last});
    }
    return {{"precision", of.part("precision")},
            {"recall", of.part("recall")},
            {"f1", of.value()},
            {"macro_f1", Scored("span_macro_f1", outcomes, params).value()},
            {"per_type_f1", types},
            {"spans", spans}};
}

Json perplexity(const Case& from) {
    LikelihoodOutcomes outcomes;
    for (const Json& sequence : from.line.at("token_logprobs")) {
        double sum = 0;
        for (const Json& value : sequence)
            sum += value.get<double>();
        outcomes.log_likelihood.push_back(sum);
        outcomes.tokens.push_back(static_cast<std::int64_t>(sequence.size()));
    }
    return {{"nll_per_token", Scored("cross_entropy", outcomes).value()},
            {"perplexity", Scored("perplexity", outcomes).value()},
            {"mean_of_sequence_perplexity", Scored("sequence_perplexity", outcomes).value()},
            {"bits_per_token", Scored("bits_per_token", outcomes).value()}};
}

Json cross_entropy(const Case& from) {
    const CausalLoss loss =
        causal_cross_entropy(from.line.at("logits").get<std::vector<std::vector<std::vector<double>>>>(),
                             from.line.at("labels").get<std::vector<std::vector<std::int64_t>>>(), 0.1);
    return {{"sum", loss.sum},
            {"tokens", loss.tokens},
            {"mean", json_of(loss.mean)},
            {"mean_label_smoothing_0.1", json_of(loss.smoothed_mean)}};
}

struct CaseMetric {
    const char* name;
    Json (*values)(const Case& from);
};
const CaseMetric case_metrics[] = {
    {"bleu", bleu},
    {"sentence_bleu", sentences},
    {"chrf", chrf},
    {"sentence_chrf", sentences},
    {"ter", ter},
    {"sentence_ter", sentences},
    {"rouge", rouge},
    {"porter_stem", stem},
    {"nist", nist},
    {"meteor_exact_stem", meteor},
    {"classification", classification},
    {"correlation", correlation},
    {"squad", squad},
    {"multirc", multirc},
    {"span_f1", span_f1},
    {"perplexity", perplexity},
    {"causal_cross_entropy", cross_entropy},
};

} // namespace

Json metric_case_values(const Json& line, const Json& input) {
    const auto name = line.at("metric").get<std::string>();
    const auto* metric = std::find_if(std::begin(case_metrics), std::end(case_metrics),
                                      [&](const CaseMetric& one) { return one.name == name; });
    if (metric == std::end(case_metrics)) throw unsupported("the metric " + name);
    return metric->values({line, input});
}

} // namespace diapason
