// Option descriptors: what they accept, what they say about the rest, and that problems come together.

#include "core/base/options.h"
#include "core/base/training_options.h"
#include "core/base/words.h"
#include "tests/support/test_support.h"

#include <cmath>

using namespace diapason;
using namespace diapason::testing;

namespace {

std::vector<OptionDescriptor> sample() {
    OptionDescriptor rank{.name = "rank", .label = "Rank", .type = OptionType::integer, .default_value = 8};
    rank.minimum = 1;
    rank.maximum = 64;
    OptionDescriptor rate{.name = "rate", .label = "Rate", .type = OptionType::real, .default_value = 0.5};
    rate.minimum = 0;
    OptionDescriptor kind{.name = "kind", .label = "Kind", .type = OptionType::choice, .default_value = "linear"};
    kind.choices = {{"linear", "linear", ""}, {"cosine", "cosine", ""}};
    OptionDescriptor on{.name = "on", .label = "On", .type = OptionType::boolean, .default_value = false};
    return {rank, rate, kind, on};
}

} // namespace

class TestOptions : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void fillsDefaults() {
        std::vector<Problem> problems;
        const OptionValues values = OptionValues::from_json(sample(), {{"rank", 4}}, "m", problems);
        QVERIFY(problems.empty());
        QCOMPARE(values.integer("rank"), std::int64_t(4));
        QCOMPARE(values.real("rate"), 0.5);
        QCOMPARE(values.text("kind"), std::string("linear"));
        QVERIFY(!values.flag("on"));
        QCOMPARE(values.json().size(), std::size_t(4));
    }

    void listsAllProblemsTogether() {
        std::vector<Problem> problems;
        OptionValues::from_json(sample(), {{"rank", 0}, {"rate", "fast"}, {"kind", "cosin"}, {"on", 1}, {"rnk", 3}},
                                "m", problems);
        QCOMPARE(problems.size(), std::size_t(5));
        std::string all;
        for (const Problem& problem : problems)
            all += to_line(problem) + "\n";
        QVERIFY2(all.find("m.rank") != std::string::npos, all.c_str());
        QVERIFY2(all.find("m.rate") != std::string::npos, all.c_str());
        QVERIFY2(all.find("cosine") != std::string::npos, all.c_str()); // what could be meant
        QVERIFY2(all.find("m.rnk") != std::string::npos, all.c_str());
        const Caught error = caught([&] { throw_if_any(problems, "study.json"); });
        QCOMPARE(error.kind, ErrorKind::config);
        QVERIFY(error.says("study.json") && error.says("m.rnk") && error.says("m.on"));
    }

    void aHundredProblemsAreListed() {
        const std::vector<Problem> problems(5000, {"field", "value", "is wrong", {}});
        const Caught error = caught([&] { throw_if_any(problems, "study.json"); });
        QVERIFY(error.says("5000 problems") && error.says("\n  and 4900 more"));
        QVERIFY(error.message.size() < 5000);
    }

    void rejectsWhatIsNoNumberOfItsKind() {
        const auto descriptors = sample();
        QVERIFY(!check_option(descriptors[0], 2.5).empty());
        QVERIFY(!check_option(descriptors[0], 1e30).empty());
        QVERIFY(!check_option(descriptors[0], Json(nullptr)).empty());
        QVERIFY(!check_option(descriptors[1], std::nan("")).empty());
        QVERIFY(!check_option(descriptors[1], -1).empty());
        QVERIFY(check_option(descriptors[1], 3).empty()); // a whole number is a real one
    }

    void offersTheNearestName() {
        QCOMPARE(nearest_name("lengt", {"length", "init"}), std::string("length"));
        QCOMPARE(nearest_name("zzzzzz", {"length", "init"}), std::string());
    }

    void trainingOptionsAreComplete() {
        for (const OptionDescriptor& option : training_options()) {
            QVERIFY2(!option.label.empty() && !option.help.empty(), option.name.c_str());
            QVERIFY2(check_option(option, option.default_value).empty(), option.name.c_str());
        }
    }
};

DIAPASON_TEST(TestOptions)
#include "test_options.moc"
