#include "core/data/metrics/spans.h"

#include "core/base/error.h"
#include "core/base/option_builders.h"
#include "core/data/metrics/families.h"

#include <algorithm>
#include <map>
#include <span>
#include <string_view>

namespace diapason {
namespace {

// A tag in its parts: what it says of the token's place, and the span's type.
struct Tag {
    char place = 'O';
    std::string_view type = "_";
};

// "B-PER"; only the first dash parts, as conlleval has it.
Tag lenient_tag(const std::string& text) {
    if (text.empty()) return {};
    const std::string_view rest = std::string_view(text).substr(1);
    const std::string_view type = rest.substr(rest.find('-') == std::string_view::npos ? 0 : rest.find('-') + 1);
    return {text.front(), type.empty() ? "_" : type};
}

// The same without the dashes around the type, as seqeval's strict schemes have it.
Tag strict_tag(const std::string& text, std::string_view places, const char* scheme) {
    if (text.empty() || places.find(text.front()) == std::string_view::npos)
        throw Error(ErrorKind::input, {std::string("is not a tag of the scheme ") + scheme,
                                       {},
                                       "tag",
                                       text,
                                       "Its tags begin with one of " + std::string(places)});
    std::string_view type = std::string_view(text).substr(1);
    type.remove_prefix(std::min(type.find_first_not_of('-'), type.size()));
    type.remove_suffix(type.size() - (type.find_last_not_of('-') + 1));
    return {text.front(), type.empty() ? "_" : type};
}

bool is_one_of(char place, std::string_view places) {
    return places.find(place) != std::string_view::npos;
}

// conlleval: a span ends where the next tag cannot go on with it, and any tag but O that follows none begins one.
bool conlleval_ends(const Tag& before, const Tag& now) {
    if (is_one_of(before.place, "ES")) return true;
    if (before.place == 'B' || before.place == 'I') {
        if (is_one_of(now.place, "BSO")) return true;
    }
    return !is_one_of(before.place, "O.") && before.type != now.type;
}
bool conlleval_begins(const Tag& before, const Tag& now) {
    if (is_one_of(now.place, "BS")) return true;
    if (is_one_of(before.place, "ESO") && is_one_of(now.place, "EI")) return true;
    return !is_one_of(now.place, "O.") && before.type != now.type;
}

std::vector<TaggedSpan> conlleval_spans(const std::vector<std::string>& tags) {
    std::vector<TaggedSpan> spans;
    Tag before{'O', ""}; // of no type: any other tag begins a span here
    std::size_t first = 0;
    for (std::size_t i = 0; i <= tags.size(); ++i) {
        const Tag now = i < tags.size() ? lenient_tag(tags[i]) : Tag();
        if (conlleval_ends(before, now)) spans.push_back({std::string(before.type), first, i - 1});
        if (conlleval_begins(before, now)) first = i;
        before = now;
    }
    return spans;
}

// A strict scheme: which pairs of neighbouring tags begin a span, stay in it, end it.
enum class Types { same, different, any };
struct Neighbours {
    std::string_view before, now; // places, any of them
    Types types;
    bool fit(const Tag& a, const Tag& b) const {
        return is_one_of(a.place, before) && is_one_of(b.place, now) &&
               (types == Types::any || (a.type == b.type) == (types == Types::same));
    }
};
struct StrictScheme {
    const char* name;
    std::string_view places;
    std::vector<Neighbours> begins, stays, ends;
};

const StrictScheme& iob1() {
    static const StrictScheme scheme = {
        "IOB1",
        "IOB",
        {{"O", "I", Types::any}, {"I", "I", Types::different}, {"B", "I", Types::any}, {"IB", "B", Types::same}},
        {{"BI", "I", Types::same}},
        {{"IB", "I", Types::different}, {"IB", "O", Types::any}, {"I", "B", Types::any}, {"B", "B", Types::same}}};
    return scheme;
}
const StrictScheme& iob2() {
    static const StrictScheme scheme = {"IOB2",
                                        "IOB",
                                        {{"IOB", "B", Types::any}},
                                        {{"BI", "I", Types::same}},
                                        {{"IB", "OB", Types::any}, {"IB", "I", Types::different}}};
    return scheme;
}
const StrictScheme& iobes() {
    static const StrictScheme scheme = {
        "IOBES", "IOBES", {{"IOBES", "BS", Types::any}}, {{"BI", "IE", Types::same}}, {{"SE", "IOBES", Types::any}}};
    return scheme;
}

bool any_fits(const std::vector<Neighbours>& list, const Tag& before, const Tag& now) {
    return std::any_of(list.begin(), list.end(), [&](const Neighbours& one) { return one.fit(before, now); });
}

// What begins and does not end as the scheme wants it is none.
std::vector<TaggedSpan> strict_spans(const std::vector<std::string>& texts, const StrictScheme& scheme) {
    std::vector<Tag> tags;
    for (const std::string& text : texts)
        tags.push_back(strict_tag(text, scheme.places, scheme.name));
    tags.emplace_back();
    std::vector<TaggedSpan> spans;
    for (std::size_t i = 0; i < tags.size();) {
        const Tag before = i > 0 ? tags[i - 1] : Tag();
        if (!any_fits(scheme.begins, before, tags[i])) {
            ++i;
            continue;
        }
        std::size_t end = i + 1;
        while (end < tags.size() && any_fits(scheme.stays, tags[end - 1], tags[end]))
            ++end;
        if (end < tags.size() && any_fits(scheme.ends, tags[end - 1], tags[end]))
            spans.push_back({std::string(tags[i].type), i, end - 1});
        i = end;
    }
    return spans;
}

// Of one item; an error says which.
std::vector<TaggedSpan> spans_of(const TagScheme& scheme, const std::vector<std::vector<std::string>>& tags,
                                 std::size_t item, const char* side) {
    try {
        return scheme.spans(tags[item]);
    } catch (const Error& error) {
        ErrorDetails details = error.details();
        details.field = std::string(side) + " " + std::to_string(item + 1) + ", " + details.field;
        throw Error(error.kind(), std::move(details));
    }
}

// Of one type: spans expected, predicted, and both. Statistics: these, type by type.
template <std::optional<double> (&value)(const std::vector<double>&), bool tells_types = false>
class SpanScorer : public SumScorer {
public:
    SpanScorer(const TagOutcomes& outcomes, const OptionValues& values) : SumScorer(outcomes.items()) {
        const TagScheme& scheme = tag_scheme(values.text("scheme"));
        for (std::size_t item = 0; item < items(); ++item) {
            m_expected.push_back(spans_of(scheme, outcomes.expected, item, "reference"));
            m_predicted.push_back(spans_of(scheme, outcomes.predicted, item, "prediction"));
            for (const auto* spans : {&m_expected.back(), &m_predicted.back()}) {
                for (const TaggedSpan& span : *spans)
                    m_types.emplace(span.type, 0);
            }
        }
        std::size_t number = 0;
        for (auto& [type, place] : m_types)
            place = 3 * number++;
    }

    std::size_t width() const override { return std::max<std::size_t>(3, 3 * m_types.size()); }
    void add_statistics(std::size_t item, std::vector<double>& sums) const override {
        std::vector<TaggedSpan> expected = m_expected.at(item), predicted = m_predicted.at(item), both;
        for (auto* spans : {&expected, &predicted})
            std::sort(spans->begin(), spans->end());
        std::set_intersection(expected.begin(), expected.end(), predicted.begin(), predicted.end(),
                              std::back_inserter(both));
        std::size_t k = 0;
        for (const auto* spans : {&expected, &predicted, &both}) {
            for (const TaggedSpan& span : *spans)
                sums[m_types.at(span.type) + k] += 1;
            ++k;
        }
    }
    std::optional<double> value_of(const std::vector<double>& sums) const override { return value(sums); }

private:
    std::vector<NamedScore> parts_of(const std::vector<double>& sums) const override;

    std::vector<std::vector<TaggedSpan>> m_expected, m_predicted;
    std::map<std::string, std::size_t> m_types; ///< place of the type's statistics
};

struct SpanCounts {
    double expected = 0, predicted = 0, both = 0;
    double precision() const { return predicted > 0 ? both / predicted : 0; }
    double recall() const { return expected > 0 ? both / expected : 0; }
    double f1() const { return f_measure(precision(), recall()); }
};

SpanCounts pooled(const std::vector<double>& sums) {
    SpanCounts counts;
    for (std::size_t k = 0; k < sums.size(); k += 3) {
        counts.expected += sums[k];
        counts.predicted += sums[k + 1];
        counts.both += sums[k + 2];
    }
    return counts;
}

template <double (SpanCounts::*of_all)() const>
std::optional<double> micro(const std::vector<double>& sums) {
    return (pooled(sums).*of_all)();
}

std::optional<double> macro_f1(const std::vector<double>& sums) {
    double sum = 0, types = 0;
    for (std::size_t k = 0; k < sums.size(); k += 3) {
        if (sums[k] + sums[k + 1] == 0) continue;
        sum += SpanCounts{sums[k], sums[k + 1], sums[k + 2]}.f1();
        types += 1;
    }
    return quotient(sum, types);
}

template <std::optional<double> (&value)(const std::vector<double>&), bool tells_types>
std::vector<NamedScore> SpanScorer<value, tells_types>::parts_of(const std::vector<double>& sums) const {
    if (!tells_types) return {};
    const SpanCounts all = pooled(sums);
    std::vector<NamedScore> parts = {{"precision", all.precision()}, {"recall", all.recall()}};
    for (const auto& [type, k] : m_types)
        parts.push_back({"per_type_f1." + type, SpanCounts{sums[k], sums[k + 1], sums[k + 2]}.f1()});
    return parts;
}

// Statistics: right tags, tags.
class TagAccuracyScorer : public SumScorer {
public:
    TagAccuracyScorer(const TagOutcomes& outcomes, const OptionValues& /*values*/)
        : SumScorer(outcomes.items()),
          m_outcomes(outcomes) {}
    std::size_t width() const override { return 2; }
    void add_statistics(std::size_t item, std::vector<double>& sums) const override {
        const auto& expected = m_outcomes.expected.at(item);
        const auto& predicted = m_outcomes.predicted.at(item);
        for (std::size_t i = 0; i < expected.size(); ++i)
            sums[0] += predicted.at(i) == expected[i] ? 1 : 0;
        sums[1] += static_cast<double>(expected.size());
    }
    std::optional<double> value_of(const std::vector<double>& sums) const override {
        return quotient(sums[0], sums[1]);
    }

private:
    const TagOutcomes& m_outcomes;
};

template <std::optional<double> (&value)(const std::vector<double>&), bool tells_types = false>
MetricInfo row(MeasureInfo words, const std::string& average) {
    return {std::move(words),
            "Tjong Kim Sang and De Meulder 2003, conlleval; seqeval 1.2",
            {tag_scheme_option()},
            {[average](const OptionValues& values, const std::string&) {
                return "average:" + average + "|scheme:" + values.text("scheme") + "|version:1";
            }},
            made_by<SpanScorer<value, tells_types>, TagOutcomes>};
}

} // namespace

const std::vector<TagScheme>& tag_schemes() {
    static const std::vector<TagScheme> table = {
        {"conlleval", "As conlleval and seqeval by default: I-X that follows nothing begins a span", conlleval_spans},
        {"IOB1", "Strict: B-X only behind a span of the same type",
         [](const std::vector<std::string>& tags) { return strict_spans(tags, iob1()); }},
        {"IOB2", "Strict: every span begins with B-X",
         [](const std::vector<std::string>& tags) { return strict_spans(tags, iob2()); }},
        {"IOBES", "Strict: B-X … E-X, or S-X alone (also called BIOES)",
         [](const std::vector<std::string>& tags) { return strict_spans(tags, iobes()); }},
    };
    return table;
}

const TagScheme& tag_scheme(const std::string& name) {
    const auto& table = tag_schemes();
    return *std::find_if(table.begin(), table.end(), [&](const TagScheme& scheme) { return scheme.name == name; });
}

OptionDescriptor tag_scheme_option() {
    std::vector<OptionChoice> schemes;
    for (const TagScheme& scheme : tag_schemes())
        schemes.push_back({scheme.name, scheme.name, scheme.help});
    return option::choice("scheme", "Scheme", "conlleval", schemes, "How tags mark spans", "seqeval 1.2");
}

std::vector<MetricInfo> spans_metrics() {
    return {row<micro<&SpanCounts::f1>, true>(share_measure("span_f1", "span F1", "F1 of spans of all types pooled."),
                                              "micro"),
            row<micro<&SpanCounts::precision>>(
                share_measure("span_precision", "span precision", "Share of the predicted spans that are right."),
                "micro|of:precision"),
            row<micro<&SpanCounts::recall>>(
                share_measure("span_recall", "span recall", "Share of the expected spans that were found."),
                "micro|of:recall"),
            row<macro_f1>(share_measure("span_macro_f1", "span macro F1",
                                        "Mean F1 over the types of spans; undefined without any span."),
                          "macro"),
            {share_measure("tag_accuracy", "tag accuracy", "Share of tokens whose tag was found."),
             "",
             {},
             defined_as("average:tokens|version:1"),
             made_by<TagAccuracyScorer, TagOutcomes>}};
}

} // namespace diapason
