// slow
// Adapters that Diapason writes, opened by the Python libraries themselves: their logits on random tokens are checked
// with `diapason-cli verify`. Runs where the libraries are installed: DIAPASON_PYTHON_PEFT and DIAPASON_PYTHON_ADAPTERS
// name their interpreters (python3 otherwise), and is skipped elsewhere.

#include "core/model/parameters.h"
#include "methods/interchange/adapterhub/adapterhub_folder.h"
#include "methods/interchange/peft/peft_folder.h"
#include "tests/support/tiny_methods.h"

#include <QProcess>
#include <QTemporaryDir>

#include <span>

using namespace diapason;
using namespace diapason::testing;
namespace fs = std::filesystem;

namespace {

struct Written {
    const char* method;
    const char* options;
};

constexpr Written for_peft[] = {
    {"lora", R"({"targets": "q,v,fc1", "rank": 3})"},
    {"lora",
     R"({"targets": "linear", "rank_pattern": "q=2 v=5", "alpha_pattern": "v=7", "scaling": "alpha_over_sqrt_rank"})"},
    {"lora", R"({"targets": "q,fc2", "init": "gaussian"})"},
    {"lora", R"({"targets": "q,fc2", "init": "orthogonal", "rank": 2})"},
    {"lora", R"({"targets": "q,v", "init": "pissa", "rank": 3})"},
    {"lora", R"({"targets": "k,fc1", "init": "olora", "rank": 3})"},
    {"lora", R"({"targets": "v,fc2", "bias": "targets"})"},
    {"lora", R"({"targets": "q", "bias": "all"})"},
    {"lora", R"({"targets": "q,o", "dora": true})"},
    {"lora", R"({"targets": "q,k,v", "fused": "whole", "rank": 3})"},
    {"lora", R"({"targets": "q,k,v", "fused": "whole", "rank": 3, "init": "pissa"})"},
    {"lora", R"({"targets": "q,k,v", "fused": "whole", "rank": 3, "dora": true})"},
    {"vera", R"({"targets": "q,v,fc1", "rank": 5})"},
    {"vera", R"({"targets": "q,k,v", "fused": "whole", "rank": 3, "save_projection": false})"},
    {"ia3", "{}"},
    {"ia3", R"({"targets": "q,v", "ffn": "fc1_output"})"},
    {"prompt_tuning", R"({"length": 4, "init": "random", "pooling": "first_soft_token"})"},
    {"p_tuning", R"({"length": 4, "hidden": 5, "pooling": "first_soft_token"})"},
    {"p_tuning", R"({"length": 2, "hidden": 5, "encoder": "lstm", "pooling": "first_soft_token"})"},
    {"prefix_tuning", R"({"length": 3, "hidden": 5})"},
    {"prefix_tuning", R"({"length": 2, "reparametrisation": "none", "init_std": 1.0})"}};

constexpr Written for_adapterhub[] = {
    {"serial_adapter", R"({"size": 3, "sites": "*.*.ffn.block", "input": "normalised_sum", "activation": "relu"})"},
    {"serial_adapter", R"({"size": 5, "sites": "*.*.{self_attn,ffn}.block", "activation": "silu", "norm": "both"})"},
    {"serial_adapter", R"({"size": 4, "sites": "*.*.ffn.block", "drop_first": 1})"},
    {"parallel_adapter", R"({"size": 3, "activation": "relu", "scale": 4.0})"},
    {"parallel_adapter", R"({"size": 3, "composition": "learned"})"},
    {"compacter", R"({"size": 4, "kronecker": 2})"},
    {"mam", R"({"size": 3, "length": 2, "hidden": 4})"},
    {"prefix_tuning", R"({"length": 3, "hidden": 5, "position_shift": "none"})"},
    {"prefix_tuning", R"({"length": 2, "reparametrisation": "none", "init_std": 1.0, "position_shift": "none"})"},
    {"lora", R"({"targets": "q,v,fc1", "rank": 3})"},
    {"lora", R"({"targets": "k,fc2", "rank_pattern": "k=2 fc2=5", "alpha_pattern": "k=7"})"},
    {"lora", R"({"targets": "q", "init": "pissa", "rank": 3})"},
    {"ia3", R"({"targets": "k,v", "ffn": "fc1_output"})"}};

using Write = void (*)(const fs::path&, Model&, const std::string&);

// A backbone with its head as the libraries load it, and an adapter of every method that the layout can hold.
QStringList write_all(const fs::path& folder, const std::string& family, const HeadSpec& head,
                      std::span<const Written> list, Write write) {
    const auto backbone = model_of(even_document(family), head);
    std::vector<const Parameter*> tensors;
    for (const auto& parameter : backbone->weights().all())
        tensors.push_back(parameter.get());
    fs::create_directories(folder / "backbone");
    write_text(folder / "backbone" / "config.json", even_document(family).dump());
    save_parameters(folder / "backbone" / "model.safetensors", tensors, "F32", {{"format", "pt"}});
    QStringList adapters;
    int number = 0;
    for (const Written& written : list) {
        const std::string name = std::to_string(++number) + "-" + written.method;
        const auto model = model_of(even_document(family), head);
        // Methods that the family or the head does not have, or the layout.
        const auto refused = caught([&] {
            attach(*model, written.method, parse_json(written.options, "test"));
            shake(*model);
            write(folder / name, *model, "mine");
        });
        if (!refused.thrown) adapters << QString::fromStdString((folder / name).string());
    }
    return adapters;
}

} // namespace

class TestInterchange : public QObject {
    Q_OBJECT

    void add_rows() {
        QTest::addColumn<QString>("family");
        QTest::addColumn<int>("head");
        for (const char* family : all_families) {
            const auto heads = heads_of(family);
            for (std::size_t i = 0; i < heads.size(); ++i)
                QTest::addRow("%s, %s", family, name_of(heads[i].kind)) << family << static_cast<int>(i);
        }
    }

    void check(const char* tool, const char* variable, std::span<const Written> list, Write write, int least) {
        QFETCH(QString, family);
        QFETCH(int, head);
        QTemporaryDir dir;
        const fs::path folder = dir.path().toStdString();
        const HeadSpec spec = heads_of(family.toStdString())[static_cast<std::size_t>(head)];
        const QStringList adapters = write_all(folder, family.toStdString(), spec, list, write);
        QVERIFY2(adapters.size() >= least, qPrintable(adapters.join(QLatin1Char(' '))));
        QProcess process;
        process.setProcessChannelMode(QProcess::MergedChannels);
        const QString python = qEnvironmentVariable(variable, QStringLiteral("python3"));
        const QStringList front = {QString::fromStdString((source_folder() / "tools" / tool).string()),
                                   QString::fromStdString((folder / "backbone").string())};
        const QStringList end = {QStringLiteral("--cli"), QString::fromStdString(built("diapason-cli").string())};
        process.start(python, front + adapters + end);
        const bool ended = process.waitForFinished(300000);
        const QByteArray output = process.readAll();
        if (!ended || process.exitCode() == 77)
            QSKIP(qPrintable(QStringLiteral("SKIPPED: the library is not there for ") + python));
        QVERIFY2(process.exitCode() == 0, output.constData());
        QCOMPARE(output.count(" passed, 0 failed"), adapters.size());
    }

private Q_SLOTS:
    void peftOpensWhatIsWritten_data() { add_rows(); }
    void peftOpensWhatIsWritten() { check("check-peft", "DIAPASON_PYTHON_PEFT", for_peft, write_peft_folder, 11); }

    void adapterhubOpensWhatIsWritten_data() { add_rows(); }
    void adapterhubOpensWhatIsWritten() {
        check("check-adapterhub", "DIAPASON_PYTHON_ADAPTERS", for_adapterhub, write_adapterhub_folder, 10);
    }
};

DIAPASON_TEST(TestInterchange)
#include "tests/support/places.h"

#include "test_interchange.moc"
