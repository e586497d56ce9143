// Every metric by hand, and what is true of all: order does not matter, the best answer is the reference, statistics
// add up, undefined values are empty.

#include "core/data/metrics.h"
#include "tests/support/test_support.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

using namespace diapason;
using namespace diapason::testing;

namespace {

struct Row {
    const char* metric;
    Outcomes outcomes;
    std::optional<double> expected;
    Json options = Json::object();
};

OptionValues options_of(const MetricInfo& metric, const Json& given) {
    std::vector<Problem> problems;
    OptionValues options = OptionValues::from_json(metric.options, given, "", problems);
    throw_if_any(problems, "test");
    return options;
}

TextOutcomes text(const std::string& hypothesis, std::vector<std::string> references) {
    return {{hypothesis}, {std::move(references)}};
}

// NOLINTBEGIN(bugprone-throwing-static-initialization): a test that cannot start is seen
const ClassOutcomes some_classes{{0, 1, 1, 1}, {0, 0, 1, 1}, 2};
const TagOutcomes some_tags{{{"B-PER", "I-PER", "B-LOC"}}, {{"B-PER", "I-PER", "O"}}};
const SetOutcomes some_sets{{{0}, {2}}, {{1, 0}, {2}}, {3, 3}};
const RankOutcomes some_ranks{{1, 2, 0, 1}, {"a", "b", "b", "b"}};
const ConfidenceOutcomes some_confidences{{0.9, 0.9, 0.4}, {1, 0, 1}};
const LikelihoodOutcomes some_likelihoods{{-2, -4}, {2, 2}};
// NOLINTEND(bugprone-throwing-static-initialization)

std::vector<Row> rows_of_classes() {
    return {
        {"accuracy", some_classes, 0.75},
        {"micro_f1", some_classes, 0.75},
        {"macro_f1", some_classes, (0.8 + 2. / 3) / 2},
        {"weighted_f1", some_classes, (0.8 + 2. / 3) / 2},
        {"binary_f1", some_classes, 0.8},
        {"binary_f1", some_classes, 2. / 3, {{"positive", "0"}}},
        {"binary_f1", ClassOutcomes{{0, 1, 1, 1}, {0, 0, 1, 1}, 2, {"yes", "no"}}, 2. / 3, {{"positive", "yes"}}},
        {"binary_precision", some_classes, 2. / 3},
        {"binary_recall", some_classes, 1.0},
        {"macro_precision", some_classes, (1 + 2. / 3) / 2},
        {"macro_recall", some_classes, 0.75},
        {"balanced_accuracy", some_classes, 0.75},
        {"cohen_kappa", some_classes, 0.5},
        {"cohen_kappa", ClassOutcomes{{0, 0}, {0, 0}, 2}, std::nullopt},
        {"matthews", some_classes, 1 / std::sqrt(3.)},
        {"matthews", ClassOutcomes{{0, 0, 0}, {0, 1, 0}, 2}, 0.0},
        {"legal_share", ClassOutcomes{{0, 5, -1, 1}, {0, 0, 1, 1}, 2}, 0.5},
        // An answer that is no class is a class of its own without an item.
        {"macro_f1", ClassOutcomes{{0, 5}, {0, 0}, 2}, (2. / 3) / 2},
    };
}

std::vector<Row> rows_of_overlap() {
    return {
        {"bleu", text("a b c d e", {"a b c d f"}), std::pow(0.2, 0.25)},
        {"bleu", text("a b c d", {"a b c d e"}), std::exp(1 - 5. / 4)},
        {"bleu", text("a b", {"a b"}), 0.0},
        {"bleu", text("a b", {"a b"}), 1.0, {{"effective_order", true}}},
        {"bleu", text("A b", {"a B"}), 1.0, {{"lowercase", true}, {"max_ngram_order", 2}}},
        // The closer of two references' lengths, the shorter of equally close ones; matches from either.
        {"bleu", text("a b c", {"a b x y", "c d"}), std::sqrt(3. / 3 * 1 / 2), {{"max_ngram_order", 2}}},
        {"bleu", text("Hi, there!", {"Hi , there !"}), 1.0},
        {"bleu", text("Hi, there!", {"Hi , there !"}), 0.0, {{"tokenize", "none"}}},
        {"bleu", text("猫だ", {"猫た"}), 0.5, {{"tokenize", "char"}, {"max_ngram_order", 1}}},
        {"bleu", text("a x", {"a b"}), std::sqrt(0.5 * 0.5), {{"max_ngram_order", 2}}},
        {"bleu", text("x", {"y"}), 0.0},
        {"bleu", text("", {"a"}), 0.0},
        {"sentence_bleu", TextOutcomes{{"a b", "x"}, {{"a b"}, {"y"}}}, 0.5},
        {"chrf", text("ab", {"ac"}), 0.5, {{"char_order", 1}}},
        {"chrf", text("a b", {"ab"}), 1.0},
        {"chrf", text("a b.", {"a b ."}), 1.0, {{"char_order", 1}, {"word_order", 1}}},
        {"chrf", text("", {"a"}), 0.0},
        {"sentence_chrf", TextOutcomes{{"ab", "ab"}, {{"ab"}, {"xy"}}}, 0.5},
        {"ter", text("a b c x", {"a b c d"}), 0.25},
        {"ter", text("d a b c", {"a b c d"}), 0.25}, // one shift
        {"ter", text("a", {"a b c", "a b"}), 1 / 2.5},
        {"ter", text("a", {""}), 1.0},
        {"ter", text("", {""}), 0.0},
        {"ter", text("A, b", {"a b"}), 0.0, {{"no_punct", true}}},
        {"ter", text("A b", {"a b"}), 0.5, {{"case_sensitive", true}}},
        {"sentence_ter", TextOutcomes{{"a b", "a"}, {{"a b"}, {"b"}}}, 0.5},
    };
}

std::vector<Row> rows_of_summaries_and_answers() {
    return {
        {"rouge_1", text("The cat!", {"the dog"}), 0.5},
        {"rouge_1", text("running dogs", {"run dog"}), 0.0},
        {"rouge_1", text("running dogs", {"run dog"}), 1.0, {{"stemmer", true}}},
        {"rouge_2", text("a b c", {"a b d"}), 0.5},
        {"rouge_3", text("a b c d", {"a b c"}), 2. / 3},
        {"rouge_l", text("the fat cat", {"the cat sat down"}), 2 * (2. / 3) * 0.5 / (2. / 3 + 0.5)},
        {"rouge_l", text("the cat sat", {"x", "the cat sat"}), 1.0},
        {"rouge_l", text("the cat sat", {"x", "the cat sat"}), 0.0, {{"references", "first"}}},
        {"rouge_l", text("", {"the cat"}), 0.0},
        {"rouge_l", text("İ", {"i"}), 1.0}, // and a combining dot
        {"rouge_l", text("a b\nc d", {"c d\na b"}), 0.5},
        {"rouge_lsum", text("a b\nc d", {"c d\na b"}), 1.0},
        {"rouge_lsum", text("a a a", {"a"}), 0.5},
        {"nist", text("a b", {"a b"}), 1.0, {{"n", 1}}},                           // each word has log2(2/1) = 1 bit
        {"nist", text("a b", {"a b c"}), 2 * std::log2(3.) / 2 * 0.5, {{"n", 1}}}, // two thirds of the length
        {"nist", text("a", {"a"}), std::nullopt, {{"n", 2}}},
        {"nist", text("", {""}), std::nullopt, {{"n", 1}}},
        {"meteor_exact_stem", text("a b c d", {"a b c d"}), 1 - 0.5 / 64},
        {"meteor_exact_stem", text("x", {"y"}), 0.0},
        {"meteor_exact_stem", text("Dogs", {"x", "dog"}), 0.5},
        {"exact_match", TextOutcomes{{" a  b", "B"}, {{"a b"}, {"b", "c"}}}, 0.5},
        {"exact_match", text("B", {"b"}), 1.0, {{"lowercase", true}}},
        {"squad_em", text("The Eiffel-Tower!", {"eiffeltower"}), 1.0},
        {"squad_em", text("“quoted”", {"quoted"}), 0.0},
        {"squad_f1", text("x y x", {"x x y y", "z"}), 6. / 7},
        {"squad_f1", text("the", {""}), 0.0},
        {"squad_f1", text("the", {""}), 1.0, {{"squad", "2.0"}}},
        {"squad_em", text("", {"", "Paris"}), 0.0, {{"squad", "2.0"}}},
    };
}

std::vector<Row> rows_of_numbers_and_choices() {
    return {
        {"pearson", NumberOutcomes{{1, 2, 3}, {1, 3, 2}}, 0.5},
        {"pearson", NumberOutcomes{{1e200, 2e200}, {1e-200, 3e-200}}, 1.0},
        {"pearson", NumberOutcomes{{1, 2}, {5, 5}}, std::nullopt},
        {"pearson", NumberOutcomes{{1}, {5}}, std::nullopt},
        {"pearson", NumberOutcomes{{1, std::nan(""), 2}, {1, 2, 3}}, std::nullopt},
        {"spearman", NumberOutcomes{{1, 2, 30}, {1, 3, 2}}, 0.5},
        {"spearman", NumberOutcomes{{1, 1, 2}, {1, 2, 3}}, 1.5 / std::sqrt(1.5 * 2)},
        {"spearman", NumberOutcomes{{2, 2}, {1, 2}}, std::nullopt},
        {"kendall", NumberOutcomes{{1, 2, 3}, {1, 3, 2}}, 1. / 3},
        {"kendall", NumberOutcomes{{1, 1, 2}, {1, 2, 3}}, 2 / std::sqrt(2. * 3)},

        {"mean_squared_error", NumberOutcomes{{1, 2, 3}, {1, 4, 0}}, 13. / 3},
        {"mean_squared_error", NumberOutcomes{{1e200}, {-1e200}}, std::nullopt},
        {"mean_absolute_error", NumberOutcomes{{1, 2, 3}, {1, 4, 0}}, 5. / 3},

        {"tag_accuracy", some_tags, 2. / 3},
        {"span_f1", some_tags, 2. / 3},
        {"span_precision", some_tags, 0.5},
        {"span_recall", some_tags, 1.0},
        {"span_macro_f1", some_tags, 0.5},
        {"span_f1", TagOutcomes{{{"I-NP", "I-NP"}}, {{"B-NP", "I-NP"}}}, 1.0},
        {"span_f1", TagOutcomes{{{"I-NP", "I-NP"}}, {{"B-NP", "I-NP"}}}, 0.0, {{"scheme", "IOB2"}}},
        {"span_f1", TagOutcomes{{{"B-X", "E-X", "S-X"}}, {{"B-X", "E-X", "O"}}}, 2. / 3, {{"scheme", "IOBES"}}},
        {"span_f1", TagOutcomes{{{"O"}}, {{"O"}}}, 0.0},
        {"span_macro_f1", TagOutcomes{{{"O"}}, {{"O"}}}, std::nullopt},

        {"set_match", some_sets, 0.5},
        {"set_micro_f1", some_sets, 0.8},
        {"set_item_f1", some_sets, (2. / 3 + 1) / 2},
        {"set_item_f1", SetOutcomes{{{}}, {{}}, {}}, 1.0},
        {"set_item_macro_f1", some_sets, (2. / 3 + 1) / 2},
        {"set_item_macro_f1", SetOutcomes{{{0}}, {{0}}, {}}, std::nullopt}, // of how many?
        {"set_macro_f1", some_sets, 2. / 3},
        {"set_macro_f1", SetOutcomes{{{}}, {{}}, {}}, std::nullopt},

        {"p_at_1", some_ranks, 0.5},
        {"p_at_1_by_group", some_ranks, (1 + 1. / 3) / 2},
        {"mrr", some_ranks, (1 + 0.5 + 0 + 1) / 4},

        {"calibration_error", some_confidences, (std::abs(1 - 1.8) + std::abs(1 - 0.4)) / 3, {{"bins", 2}}},
        {"calibration_error", ConfidenceOutcomes{{0, 1}, {0, 1}}, 0.0},

        {"cross_entropy", some_likelihoods, 1.5},
        {"perplexity", some_likelihoods, std::exp(1.5)},
        {"bits_per_token", some_likelihoods, 1.5 / std::numbers::ln2},
        {"sequence_perplexity", some_likelihoods, (std::exp(1.) + std::exp(2.)) / 2},
        {"perplexity", LikelihoodOutcomes{{0}, {0}}, std::nullopt},
        {"perplexity", LikelihoodOutcomes{{-800}, {1}}, std::nullopt}, // beyond the range of numbers
    };
}

const std::vector<Row>& rows() {
    static const std::vector<Row> table = [] {
        std::vector<Row> all;
        for (const auto part :
             {rows_of_classes, rows_of_overlap, rows_of_summaries_and_answers, rows_of_numbers_and_choices}) {
            const std::vector<Row> some = part();
            all.insert(all.end(), some.begin(), some.end());
        }
        return all;
    }();
    return table;
}

// Several items of each kind, not in the order of Outcomes but found in it.
const std::vector<Outcomes>& samples() {
    static const std::vector<Outcomes> table = {
        ClassOutcomes{{0, 1, 1, 2, 0, 7}, {0, 1, 2, 2, 1, 1}, 3},
        TextOutcomes{
            {"the cat sat on the mat", "a dog runs", "", "x y z d e", "the the the"},
            {{"the cat sat on a mat", "cats sit"}, {"the dog ran", "a dog runs"}, {"a b"}, {"x y z e d"}, {"the"}}},
        NumberOutcomes{{1, 2, 3, 4.5, -1}, {1.5, 1, 3, 8, 0}},
        TagOutcomes{{{"B-A", "I-A", "O"}, {"O", "B-B"}, {"I-A"}}, {{"B-A", "I-A", "O"}, {"B-B", "O"}, {"B-A"}}},
        SetOutcomes{{{0, 1}, {}, {2}}, {{1}, {}, {2, 0}}, {3, 3, 3}},
        some_ranks,
        some_confidences,
        LikelihoodOutcomes{{-2, -4, -1}, {2, 2, 3}}};
    return table;
}

const Outcomes& sample_for(const MetricInfo& metric) {
    const auto& table = samples();
    return *std::find_if(table.begin(), table.end(), [&](const Outcomes& outcomes) {
        return static_cast<OutcomeKind>(outcomes.index()) == metric.compares();
    });
}

// The expected answers themselves, where the form has them.
Outcomes perfect(Outcomes outcomes) {
    if (auto* texts = std::get_if<TextOutcomes>(&outcomes)) {
        for (std::size_t i = 0; i < texts->items(); ++i)
            texts->hypotheses[i] = texts->references[i].front();
    }
    if (auto* classes = std::get_if<ClassOutcomes>(&outcomes)) classes->predicted = classes->expected;
    if (auto* numbers = std::get_if<NumberOutcomes>(&outcomes)) numbers->predicted = numbers->expected;
    if (auto* tags = std::get_if<TagOutcomes>(&outcomes)) tags->predicted = tags->expected;
    if (auto* sets = std::get_if<SetOutcomes>(&outcomes)) sets->predicted = sets->expected;
    if (auto* ranks = std::get_if<RankOutcomes>(&outcomes)) ranks->ranks.assign(ranks->items(), 1);
    if (auto* sure = std::get_if<ConfidenceOutcomes>(&outcomes))
        sure->confidence.assign(sure->right.begin(), sure->right.end());
    return outcomes;
}

template <class T>
std::vector<T> reversed(std::vector<T> list) {
    std::reverse(list.begin(), list.end());
    return list;
}
Outcomes reversed(const Outcomes& outcomes) {
    if (const auto* texts = std::get_if<TextOutcomes>(&outcomes))
        return TextOutcomes{reversed(texts->hypotheses), reversed(texts->references)};
    if (const auto* classes = std::get_if<ClassOutcomes>(&outcomes))
        return ClassOutcomes{reversed(classes->predicted), reversed(classes->expected), classes->classes};
    if (const auto* numbers = std::get_if<NumberOutcomes>(&outcomes))
        return NumberOutcomes{reversed(numbers->predicted), reversed(numbers->expected)};
    if (const auto* tags = std::get_if<TagOutcomes>(&outcomes))
        return TagOutcomes{reversed(tags->predicted), reversed(tags->expected)};
    if (const auto* sets = std::get_if<SetOutcomes>(&outcomes))
        return SetOutcomes{reversed(sets->predicted), reversed(sets->expected), reversed(sets->choices)};
    if (const auto* ranks = std::get_if<RankOutcomes>(&outcomes))
        return RankOutcomes{reversed(ranks->ranks), reversed(ranks->groups)};
    if (const auto* sure = std::get_if<ConfidenceOutcomes>(&outcomes))
        return ConfidenceOutcomes{reversed(sure->confidence), reversed(sure->right)};
    const auto& likelihoods = std::get<LikelihoodOutcomes>(outcomes);
    return LikelihoodOutcomes{reversed(likelihoods.log_likelihood), reversed(likelihoods.tokens)};
}

} // namespace

class TestMetricValues : public QObject {
    Q_OBJECT

    static void everyMetric() {
        QTest::addColumn<QString>("name");
        for (const MetricInfo& metric : metric_catalog())
            QTest::newRow(metric.name.c_str()) << QString::fromStdString(metric.name);
    }

private Q_SLOTS:
    void byHand_data() {
        QTest::addColumn<std::size_t>("row");
        for (std::size_t i = 0; i < rows().size(); ++i)
            QTest::addRow("%zu %s", i, rows()[i].metric) << i;
    }
    void byHand() {
        QFETCH(std::size_t, row);
        const Row& of = rows()[row];
        const MetricInfo& metric = metric_info(of.metric);
        const auto value = scorer_of(metric, of.outcomes, options_of(metric, of.options))->score().value;
        QCOMPARE(value.has_value(), of.expected.has_value());
        if (value) QVERIFY2(close(*value, *of.expected), std::to_string(*value).c_str());
    }

    void everyMetricHasARow() {
        for (const MetricInfo& metric : metric_catalog())
            QVERIFY2(
                std::any_of(rows().begin(), rows().end(), [&](const Row& row) { return row.metric == metric.name; }),
                metric.name.c_str());
    }

    void nothingHasNoValue_data() { everyMetric(); }
    void nothingHasNoValue() {
        QFETCH(QString, name);
        const MetricInfo& metric = metric_info(name.toStdString());
        const Outcomes none[] = {ClassOutcomes{}, TextOutcomes{}, NumberOutcomes{},     TagOutcomes{},
                                 SetOutcomes{},   RankOutcomes{}, ConfidenceOutcomes{}, LikelihoodOutcomes{}};
        const auto scorer = scorer_of(metric, none[static_cast<std::size_t>(metric.compares())]);
        QVERIFY(!scorer->score().value);
        QVERIFY(!scorer->value_of_items({}));
    }

    void orderDoesNotMatter_data() { everyMetric(); }
    void orderDoesNotMatter() {
        QFETCH(QString, name);
        const MetricInfo& metric = metric_info(name.toStdString());
        const Outcomes back = reversed(sample_for(metric));
        const auto forwards = score(metric, sample_for(metric)), backwards = score(metric, back);
        QVERIFY(forwards && backwards && close(*forwards, *backwards));
        QCOMPARE(score(metric, sample_for(metric)), forwards); // to the bit
    }

    void theReferenceIsTheBestAnswer_data() { everyMetric(); }
    void theReferenceIsTheBestAnswer() {
        QFETCH(QString, name);
        const MetricInfo& metric = metric_info(name.toStdString());
        if (metric.compares() == OutcomeKind::likelihoods) return; // these have none
        const Outcomes best = perfect(sample_for(metric));
        const auto value = score(metric, best), less = score(metric, sample_for(metric));
        QVERIFY(value && less && !better(metric, *less, *value));
        if (metric.unit == "%" && metric.direction == Direction::higher && name != QLatin1String("meteor_exact_stem") &&
            name != QLatin1String("rouge_2") && name != QLatin1String("rouge_3") &&
            name != QLatin1String("squad_f1")) // of a reference with enough words
            QVERIFY2(close(*value, 1), std::to_string(*value).c_str());
        if (metric.direction == Direction::lower) QVERIFY(close(*value, 0));
    }

    // What a bootstrap relies on: sums of statistics say the same as the drawn items themselves.
    void statisticsAddUp_data() { everyMetric(); }
    void statisticsAddUp() {
        QFETCH(QString, name);
        const MetricInfo& metric = metric_info(name.toStdString());
        const auto scorer = scorer_of(metric, sample_for(metric));
        const std::vector<std::size_t> drawn = {2, 0, 1, 0};
        QCOMPARE(scorer->adds_up(), name != QLatin1String("spearman") && name != QLatin1String("kendall"));
        if (!scorer->adds_up()) {
            QVERIFY_THROWS_EXCEPTION(std::logic_error, scorer->statistics_of(0));
            QVERIFY(scorer->value_of_items(drawn));
            return;
        }
        std::vector<double> all(scorer->width()), some(scorer->width());
        for (std::size_t item = 0; item < scorer->items(); ++item) {
            const std::vector<double> own = scorer->statistics_of(item);
            QCOMPARE(own.size(), scorer->width());
            std::transform(own.begin(), own.end(), all.begin(), all.begin(), std::plus<>());
        }
        QVERIFY(close(*scorer->value_of(all), *scorer->score().value));
        for (const std::size_t item : drawn)
            scorer->add_statistics(item, some);
        const auto of_sums = scorer->value_of(some), of_items = scorer->value_of_items(drawn);
        QCOMPARE(of_sums.has_value(), of_items.has_value());
        if (of_sums) QVERIFY(close(*of_sums, *of_items));
    }

    void aSampleWithoutSpreadHasNoCorrelation() {
        const NumberOutcomes numbers{{0.1, 1.7, -3}, {2, 0.3, 1}};
        QVERIFY(!scorer_of(metric_info("pearson"), Outcomes(numbers))->value_of_items({1, 1, 1}));
        const Outcomes outcomes = numbers;
        const auto scorer = scorer_of(metric_info("pearson"), outcomes);
        std::vector<double> sums(scorer->width());
        for (int i = 0; i < 3; ++i)
            scorer->add_statistics(1, sums);
        QVERIFY(!scorer->value_of(sums));
        QVERIFY(!scorer->item_value(0));
    }

    void itemsOfTasksAlwaysHaveAValue() {
        for (const MetricInfo& metric : metric_catalog()) {
            if (metric.compares() != OutcomeKind::texts && metric.compares() != OutcomeKind::classes) continue;
            const auto scorer = scorer_of(metric, sample_for(metric));
            for (std::size_t item = 0; item < scorer->items(); ++item)
                QVERIFY2(scorer->item_value(item).has_value(), metric.name.c_str());
        }
    }

    void whatDoesNotFitIsRefused() {
        const Outcomes classes = ClassOutcomes{{0, 1}, {0, 1}, 2, {"no", "yes"}};
        QVERIFY(caught([&] { scorer_of(metric_info("binary_f1"), classes); }).says("yes"));
        const Outcomes tags = TagOutcomes{{{"S-X"}}, {{"B-X"}}};
        const MetricInfo& span_f1 = metric_info("span_f1");
        const Caught tag = caught([&] { scorer_of(span_f1, tags, options_of(span_f1, {{"scheme", "IOB2"}})); });
        QVERIFY2(tag.kind == ErrorKind::input && tag.says("prediction 1, tag = S-X: is not a tag of the scheme IOB2"),
                 tag.message.c_str());
    }
};

DIAPASON_TEST(TestMetricValues)
#include "test_metric_values.moc"
