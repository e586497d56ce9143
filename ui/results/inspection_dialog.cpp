#include "ui/results/inspection_dialog.h"

#include "core/base/error.h"
#include "experiments/results/inspection_tables.h"
#include "methods/catalog/method_info.h"
#include "ui/frame/engine_process.h"
#include "ui/results/table_text.h"
#include "ui/theme/combo_box.h"
#include "ui/theme/labels.h"
#include "ui/theme/theme.h"
#include "ui/theme/views.h"

#include <QApplication>
#include <QClipboard>
#include <QDialogButtonBox>
#include <QFormLayout>
#include <QHeaderView>
#include <QPushButton>
#include <QShortcut>
#include <QTableWidget>
#include <QVBoxLayout>

#include <algorithm>
#include <map>
#include <numeric>
#include <vector>

namespace diapason::ui {
namespace {

QTableWidget* widgetOf(const InspectionTable& table) {
    auto* widget = new QTableWidget(static_cast<int>(table.rows.size()), static_cast<int>(table.headers.size()));
    widget->setAccessibleName(qs(table.title));
    widget->setEditTriggers(QAbstractItemView::NoEditTriggers);
    QStringList headers;
    for (const std::string& header : table.headers) {
        headers << qs(header);
        headers.back()[0] = headers.back()[0].toUpper();
    }
    widget->setHorizontalHeaderLabels(headers);
    for (int row = 0; row < widget->rowCount(); ++row) {
        for (int column = 0; column < widget->columnCount(); ++column)
            widget->setItem(
                row, column,
                new QTableWidgetItem(qs(table.rows[static_cast<std::size_t>(row)][static_cast<std::size_t>(column)])));
    }
    dressTable(widget);
    widget->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    fitColumns(widget, 320);
    widget->horizontalHeader()->setStretchLastSection(true);
    return widget;
}

} // namespace

InspectionDialog::InspectionDialog(const StoreReader& reader, const std::filesystem::path& database, RowId study,
                                   RowId arm, QWidget* parent)
    : QDialog(parent),
      m_run(new ComboBox),
      m_other(new ComboBox),
      m_tables(new QTabWidget),
      m_message(label("secondary")),
      m_busy(new QProgressBar) {
    setWindowTitle(tr("Inspect"));
    resize(820, 520);
    m_run->setObjectName(QStringLiteral("inspectRun"));
    m_other->setObjectName(QStringLiteral("inspectOther"));
    m_other->setToolTip(tr("For low-rank updates: how similar their first directions are, φ(1,1)"));
    m_tables->setObjectName(QStringLiteral("inspectTables"));
    m_tables->setDocumentMode(true);
    m_busy->setRange(0, 0);
    m_busy->setTextVisible(false);
    m_other->addItem(tr("nothing"), QString());
    int chosen = -1;
    std::map<RowId, QString> labels;
    for (const ArmRecord& record : reader.arms(study))
        labels[record.id] = qs(record.label);
    for (const RunRecord& run : reader.runs(study)) {
        for (const ArtifactRecord& artifact : reader.artifacts(run.id)) {
            if (artifact.kind != "adapter") continue;
            const QString file = qs((files_folder_of(database) / run.uuid / artifact.path).string());
            const QString name = tr("%1, seed %2").arg(labels[run.arm]).arg(run.seed);
            m_run->addItem(name, file);
            m_other->addItem(name, file);
            if (run.arm == arm && chosen < 0) chosen = m_run->count() - 1;
        }
    }
    m_run->setCurrentIndex(std::max(chosen, m_run->count() > 0 ? 0 : -1));
    auto* form = new QFormLayout;
    form->addRow(tr("&Run"), m_run);
    form->addRow(tr("&Compared with"), m_other);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close);
    auto* copyButton = buttons->addButton(tr("Copy table"), QDialogButtonBox::ActionRole);
    copyButton->setToolTip(tr("With headers, for a spreadsheet (Ctrl+C)"));
    auto* layout = new QVBoxLayout(this);
    layout->addLayout(form);
    layout->addWidget(m_tables, 1);
    layout->addWidget(m_message);
    layout->addWidget(m_busy);
    layout->addWidget(buttons);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(copyButton, &QPushButton::clicked, this, &InspectionDialog::copy);
    connect(new QShortcut(QKeySequence::Copy, this), &QShortcut::activated, this, &InspectionDialog::copy);
    connect(m_run, &QComboBox::currentIndexChanged, this, &InspectionDialog::ask);
    connect(m_other, &QComboBox::currentIndexChanged, this, &InspectionDialog::ask);
    connect(&m_engine, &QProcess::finished, this, &InspectionDialog::answer);
    connect(&m_engine, &QProcess::errorOccurred, this, [this](QProcess::ProcessError error) {
        if (error == QProcess::FailedToStart) answer(); // finished() never comes
    });
    ask();
}

InspectionDialog::~InspectionDialog() {
    m_engine.disconnect(this);
    if (m_engine.state() == QProcess::NotRunning) return;
    m_engine.kill();
    m_engine.waitForFinished();
}

void InspectionDialog::ask() {
    if (m_engine.state() != QProcess::NotRunning) {
        const QSignalBlocker silent(m_engine); // its answer is to another question
        m_engine.kill();
        m_engine.waitForFinished();
    }
    while (m_tables->count() > 0)
        delete m_tables->widget(0); // clear() would keep the pages
    m_busy->setVisible(m_run->count() > 0);
    if (m_run->count() == 0) {
        m_message->setText(tr("No run of this study has stored an adapter yet."));
        return;
    }
    m_message->setText(tr("Running 64 validation examples through the model…"));
    QStringList arguments = {QStringLiteral("inspect"), m_run->currentData().toString(), QStringLiteral("--json")};
    const QString other = m_other->currentData().toString();
    if (!other.isEmpty()) arguments << QStringLiteral("--other") << other;
    startEngine(m_engine, arguments);
}

void InspectionDialog::answer() {
    m_busy->hide();
    try {
        show(engineAnswer(m_engine));
    } catch (const Error& error) {
        m_message->setText(qs(error.what()));
    }
    Q_EMIT answered();
}

void InspectionDialog::show(const Json& facts) {
    for (const InspectionTable& table : inspection_tables(facts))
        m_tables->addTab(widgetOf(table), qs(table.title));
    m_message->setText(m_tables->count() == 0
                           ? tr("There is nothing to inspect: this method trains whole weights, or only the task "
                                "head.")
                           : tr("%1 on %2, %3; dropout off.")
                                 .arg(qs(method_info(facts.at("method").get<std::string>()).label),
                                      qs(facts.at("backbone").get<std::string>()),
                                      qs(facts.at("task").get<std::string>())));
}

void InspectionDialog::copy() {
    const auto* table = qobject_cast<QTableWidget*>(m_tables->currentWidget());
    if (table == nullptr) return;
    std::vector<int> rows(static_cast<std::size_t>(table->rowCount()));
    std::iota(rows.begin(), rows.end(), 0);
    QApplication::clipboard()->setText(tabSeparated(*table->model(), rows));
}

} // namespace diapason::ui
