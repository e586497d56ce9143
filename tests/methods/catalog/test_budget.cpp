// The solver finds what trying every value finds.

#include "core/library/library.h"
#include "methods/catalog/budget.h"
#include "tests/support/test_support.h"

#include <cmath>
#include <optional>

using namespace diapason;
using namespace diapason::testing;

class TestBudget : public QObject {
    Q_OBJECT

    static OptionValues defaults(const MethodInfo& method) { return OptionValues::defaults(method.options); }

private Q_SLOTS:
    void nearestOfAll_data() {
        QTest::addColumn<QString>("backbone");
        QTest::newRow("encoder") << "encoder-mini";
        QTest::newRow("decoder") << "decoder-mini";
    }
    void nearestOfAll() {
        QFETCH(QString, backbone);
        const BackboneConfig config = read_backbone_config(resolve_backbone(backbone.toStdString()));
        const TaskShape shape{config.causal ? "causal_lm" : "sequence_classification", config.causal ? 0 : 4};
        int sized = 0;
        for (const MethodInfo& method : method_catalog()) {
            for (const double target : {700.0, 20000.0, 61234.0, 200000.0}) {
                for (const BudgetMeasure measure : {BudgetMeasure::trained, BudgetMeasure::bytes}) {
                    const Budget budget{measure, target};
                    const auto answer = solve_budget(method, config, shape, defaults(method), budget);
                    if (method.size_option.empty()) {
                        QVERIFY(!answer);
                        continue;
                    }
                    std::optional<double> best;
                    for (std::int64_t value = 1; value <= 600; ++value) {
                        Json values = defaults(method).json();
                        values[method.size_option] = value;
                        std::vector<Problem> problems;
                        const auto options = OptionValues::from_json(method.options, values, "", problems);
                        if (!problems.empty()) break;
                        try {
                            if (!method.refusal(config, shape, options).empty()) continue;
                            const double off = std::abs(budget.of(method.count(config, shape, options)) - target);
                            if (!best || off < *best) best = off;
                        } catch (const Error&) {
                            continue; // a size that the shapes do not allow
                        }
                    }
                    const std::string where = method.id + " at " + std::to_string(target);
                    QVERIFY2(answer.has_value() == best.has_value(), where.c_str());
                    if (!answer) continue;
                    ++sized;
                    QVERIFY2(std::abs(budget.of(answer->counts) - target) <= *best, where.c_str());
                    QCOMPARE(answer->mismatch, budget.of(answer->counts) / target - 1);
                }
            }
        }
        QVERIFY(sized > 40);
    }

    void budgetsAreRead() {
        const BackboneConfig config = read_backbone_config(resolve_backbone("encoder-mini"));
        const auto parameters = static_cast<double>(config.parameter_count());
        QCOMPARE(budget_from("trained", "2 %", config).target, parameters / 50);
        QCOMPARE(budget_from("bytes", "2%", config).target, parameters * 4 / 50);
        QCOMPARE(budget_from("stored", "300k", config).target, 300e3);
        QCOMPARE(budget_from("bytes", "1.5 MiB", config).target, 1.5 * 1048576);
        for (const char* wrong : {"", "x", "-1", "0", "1 MiB", "nan", "1e400", "5 %%"}) {
            const auto error = caught([&] { budget_from("trained", wrong, config); });
            QVERIFY2(error.thrown && error.message.find("target") != std::string::npos, wrong);
        }
        QVERIFY(caught([&] { budget_from("weight", "1%", config); }).thrown);
    }
};

DIAPASON_TEST(TestBudget)
#include "test_budget.moc"
