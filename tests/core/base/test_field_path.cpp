// Addresses of fields: composed from steps, asked by steps.

#include "core/base/field_path.h"
#include "core/base/options.h"
#include "tests/support/test_support.h"

using namespace diapason;
using namespace diapason::testing;

class TestFieldPath : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void stepsBecomeText() {
        const FieldPath entry = FieldPath("methods") / std::size_t{1};
        QCOMPARE(FieldPath().text(), std::string());
        QCOMPARE(FieldPath("").text(), std::string());
        QCOMPARE((entry / "options" / "rank").text(), std::string("methods[1].options.rank"));
        QCOMPARE((entry / "vary" / "training.learning_rate" / std::size_t{0}).text(),
                 std::string("methods[1].vary.training.learning_rate[0]"));
    }

    // A name that holds a point is one step still: nothing is taken apart.
    void stepsAreAskedFor() {
        const FieldPath level = FieldPath("methods") / std::size_t{1} / "vary" / "training.steps" / std::size_t{2};
        QCOMPARE(level.name(0), std::string("methods"));
        QCOMPARE(level.place(1).value(), std::size_t{1});
        QVERIFY(level.name(1).empty() && !level.place(0) && level.name(9).empty() && !level.place(9));
        QCOMPARE(level.name(3), std::string("training.steps"));
        QCOMPARE(level.last_name(), std::string("training.steps"));
        QVERIFY(level.begins_with(FieldPath("methods") / std::size_t{1}));
        QVERIFY(level.begins_with({}) && level.begins_with(level));
        QVERIFY(!level.begins_with(FieldPath("methods") / std::size_t{11}));
        QVERIFY(!FieldPath("methods").begins_with(level));
    }

    void problemsOfOptionsLieBelowTheirPlace() {
        std::vector<Problem> problems;
        const std::vector<OptionDescriptor> options = {{"rank", "Rank", OptionType::integer, 8}};
        const FieldPath place = FieldPath("methods") / std::size_t{0} / "options";
        OptionValues::from_json(options, {{"rank", "many"}}, place, problems);
        QCOMPARE(problems.size(), std::size_t(1));
        QVERIFY(problems.front().field == place / "rank");
        QVERIFY(to_line(problems.front()).starts_with("methods[0].options.rank = \"many\": "));
    }
};

DIAPASON_TEST(TestFieldPath)
#include "test_field_path.moc"
