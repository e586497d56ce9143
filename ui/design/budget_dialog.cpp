#include "ui/design/budget_dialog.h"

#include "core/base/error.h"
#include "core/base/format.h"
#include "ui/theme/combo_box.h"
#include "ui/theme/labels.h"
#include "ui/theme/theme.h"
#include "ui/theme/views.h"

#include <QDialogButtonBox>
#include <QFormLayout>
#include <QHeaderView>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>

namespace diapason::ui {

BudgetDialog::BudgetDialog(std::shared_ptr<const Plan> plan, QWidget* parent)
    : QDialog(parent),
      m_plan(std::move(plan)),
      m_measure(new ComboBox),
      m_target(new QLineEdit(QStringLiteral("1 %"))),
      m_table(new QTableWidget(0, 4)),
      m_message(label("secondary")) {
    setWindowTitle(tr("Equal budget"));
    resize(680, 420);
    m_measure->addItem(tr("trained parameters"), QStringLiteral("trained"));
    m_measure->addItem(tr("stored parameters"), QStringLiteral("stored"));
    m_measure->addItem(tr("stored bytes"), QStringLiteral("bytes"));
    m_measure->setObjectName(QStringLiteral("budgetMeasure"));
    m_target->setObjectName(QStringLiteral("budgetTarget"));
    m_target->setToolTip(tr("A share of the backbone (1 %), a number of parameters (300k) or a size (1.5 MiB)"));
    m_table->setObjectName(QStringLiteral("budgetTable"));
    m_table->setAccessibleName(tr("Sizes at this budget"));
    m_table->setHorizontalHeaderLabels({tr("Method"), tr("Size"), tr("Count"), tr("Off by")});
    m_table->setEditTriggers(QAbstractItemView::NoEditTriggers);
    dressTable(m_table);
    auto* form = new QFormLayout;
    form->addRow(tr("&Give every method about"), m_target);
    form->addRow(tr("&of"), m_measure);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Cancel);
    m_apply = buttons->addButton(tr("Set sizes"), QDialogButtonBox::AcceptRole);
    m_apply->setObjectName(QStringLiteral("budgetApply"));
    m_apply->setProperty("primary", true);
    auto* layout = new QVBoxLayout(this);
    layout->addLayout(form);
    layout->addWidget(m_table, 1);
    layout->addWidget(m_message);
    layout->addWidget(buttons);
    connect(buttons, &QDialogButtonBox::accepted, this, &QDialog::accept);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(m_target, &QLineEdit::textChanged, this, &BudgetDialog::solve);
    connect(m_measure, &QComboBox::currentIndexChanged, this, &BudgetDialog::solve);
    solve();
}

void BudgetDialog::solve() {
    m_rows.clear();
    m_table->setRowCount(0);
    try {
        const Budget budget = budget_from(m_measure->currentData().toString().toStdString(),
                                          m_target->text().toStdString(), m_plan->backbone().get());
        m_rows = solve_budgets(*m_plan, budget);
        m_message->setText(tr("The target is %1. The task head is counted separately.")
                               .arg(budget.measure == BudgetMeasure::bytes
                                        ? qs(format_bytes(budget.target))
                                        : tr("%1 parameters").arg(qs(format_count(std::llround(budget.target))))));
        for (const BudgetRow& row : m_rows) {
            const int at = m_table->rowCount();
            m_table->insertRow(at);
            const auto cell = [&](int column, const QString& text, bool number) {
                auto* item = new QTableWidgetItem(text);
                item->setTextAlignment((number ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
                m_table->setItem(at, column, item);
            };
            cell(0, qs(method_info(m_plan->study.methods[row.method].method).label), false);
            cell(1, row.answer ? qs(row.answer->option + " " + std::to_string(row.answer->value)) : qs(row.note),
                 false);
            if (!row.answer) continue;
            const double count = budget.of(row.answer->counts);
            cell(2,
                 budget.measure == BudgetMeasure::bytes ? qs(format_bytes(count))
                                                        : qs(format_count(std::llround(count))),
                 true);
            cell(3, qs(format_difference(100 * row.answer->mismatch, 1)) + tr(" %"), true);
        }
    } catch (const Error& error) {
        m_message->setText(qs(error.what()));
    }
    fitColumns(m_table, 260);
    m_apply->setEnabled(
        std::any_of(m_rows.begin(), m_rows.end(), [](const BudgetRow& row) { return row.answer.has_value(); }));
}

} // namespace diapason::ui
